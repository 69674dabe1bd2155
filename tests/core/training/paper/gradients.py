"""Writes the gradients of one step of both networks; alone, or as one of several processes.

python -m tests.core.training.paper.gradients FOLDER OUTPUT, `{rank}` in OUTPUT being this process's number.
"""

import sys
from pathlib import Path

import torch

from core.training.datasets.feature_cache import FeatureCache
from core.training.paper.clips import load_training_clips
from core.training.paper.networks import AdversarialNetworks
from core.training.paper.processes import join_processes
from core.training.paper.train_paper import load_bodies
from tests.core.training.paper import tiny_run


def main(root, output):
    torch.set_num_threads(1)
    preset = tiny_run.tiny_preset()
    with join_processes("cpu") as processes:
        body = load_bodies(tiny_run.files(root, root), "cpu").joints
        cache = FeatureCache(root / "cache", tiny_run.HASH)
        clips = load_training_clips(cache, root / "cache", preset.data, preset.seed, processes)
        networks = AdversarialNetworks(preset, tiny_run.stand_in_pare(), body, processes)
        torch.manual_seed(5)
        _, body_pose = networks.estimator_step(clips.batch(0))
        networks.discriminator_step(clips.real_motions(0), body_pose)
        parts = {"estimator": networks.estimator, "discriminator": networks.discriminator}
        gradients = {
            f"{part}.{name}": parameter.grad
            for part, network in parts.items()
            for name, parameter in network.named_parameters()
            if parameter.requires_grad
        }
        torch.save(gradients, output.replace("{rank}", str(processes.rank)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

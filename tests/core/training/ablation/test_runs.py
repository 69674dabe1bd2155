from core.models.encoders import EncoderConfig, build_encoder, parameter_count
from core.training.ablation.runs import Run, plan_runs, runs_of

PAPER_ENCODER = EncoderConfig()


def test_the_main_rows_of_two_seeds_come_first():
    runs = plan_runs(3)
    assert [(run.group, run.seed) for run in runs[:8]] == [("main", 0)] * 4 + [("main", 1)] * 4
    assert {run.group for run in runs[8:18]} == {"discriminator", "fractions", "controls"}
    assert {run.seed for run in runs[8:18]} == {0}


def test_nothing_is_planned_twice_and_every_group_has_every_seed():
    runs = plan_runs(3)
    assert len({run.name for run in runs}) == len(runs) == 3 * (4 + 4 + 4 + 2)
    assert {(run.group, run.seed) for run in runs} == {
        (group, seed) for group in ("main", "discriminator", "fractions", "controls") for seed in range(3)
    }
    assert plan_runs(1, ("main",)) == runs_of("main", 0)


def test_seeds_share_a_row_and_rows_differ():
    rows = {run.row for run in plan_runs(2)}
    assert len(rows) == 14
    assert {run.row for seed in range(2) for run in runs_of("main", seed)} == {
        "none (heads only)", "holistic", "decomposed", "decomposed + L_reg",
    }  # fmt: skip
    assert Run("fractions", "holistic", 0, fraction=0.1).row == "holistic, 10% of the data"


def test_all_encoders_of_a_table_have_one_size():
    sizes = {
        run.kind: parameter_count(build_encoder(run.encoder(PAPER_ENCODER)))
        for run in plan_runs(1)
        if run.kind != "none"
    }
    assert sizes["decomposed"] == 1_692_672
    assert abs(sizes["holistic"] / sizes["decomposed"] - 1) < 0.005


def test_the_papers_encoder_looks_back_only_and_has_no_residual():
    for run in runs_of("main", 0):
        config = run.encoder(PAPER_ENCODER)
        assert (config.direction, config.residual) == ("uni", False)

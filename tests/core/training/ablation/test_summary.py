from dataclasses import asdict

from core.training.ablation.runs import Run
from core.training.ablation.summary import summary_tables


def scores_of(value):
    part = dict.fromkeys(("mpjpe_mm", "pa_mpjpe_mm", "acc", "acc_error", "acc_error_vibe", "true_acc"), value)
    hidden = {"limb 5": value, "limb 5 seen": 1.0}
    return {"val": {"track": part, "windows": part, "dance": part, "the rest": part, "held_joints_mm": hidden}}


def result_of(run, value):
    return {
        "row": run.row, "run": asdict(run), "iterations": 10, "seconds": 1.0, "encoder_parameters": 5,
        "window_count": 7, "curve": [[5, 3.0, 1.0], [10, 2.0, 1.0]], "feature_residual_rms": 0.5,
        "scores": scores_of(value),
    }  # fmt: skip


def lines_of(tables, title_part):
    return next(table for table in tables if title_part in table.title).text().splitlines()


def test_seeds_become_one_row_with_a_spread_and_rows_stand_as_in_the_paper():
    runs = [Run("main", "decomposed", 0, True), Run("main", "decomposed", 0), Run("main", "decomposed", 1)]
    results = [result_of(run, value) for run, value in zip(runs, (5.0, 1.0, 3.0), strict=True)]
    results.append(result_of(Run("discriminator", "none", 0, has_discriminator=True), 9.0))
    lines = lines_of(summary_tables(results, scores_of(4.0)), "whole tracks")
    names = [line[:22].strip() for line in lines[2:6]]
    assert names == ["lifter as it is", "decomposed", "decomposed + L_reg", "none (heads only) + D"]
    assert lines[3].split()[1:4] == ["2.0", "±", "1.4"] and lines[3].split()[-1] == "2"
    assert lines[4].split()[3] == "5.0"


def test_fractions_have_their_own_table_and_stay_out_of_the_others():
    small, whole = Run("fractions", "holistic", 0, fraction=0.1), Run("main", "holistic", 0)
    tables = summary_tables([result_of(small, 8.0), result_of(whole, 2.0)], scores_of(4.0))
    row = next(line for line in lines_of(tables, "Less data") if line.startswith("holistic, PA-MPJPE"))
    assert row.split()[2:] == ["8.0", "-", "2.0"]
    assert not any("10%" in line for line in lines_of(tables, "whole tracks"))


def test_without_any_run_only_the_lifter_stands_there():
    tables = summary_tables([], scores_of(4.0))
    assert not any("Less data" in table.title or table.title == "Training" for table in tables)
    assert "lifter as it is" in tables[0].text()


def test_the_training_table_tells_cost_and_last_gain():
    lines = lines_of(summary_tables([result_of(Run("main", "none", 0), 1.0)], scores_of(4.0)), "Training")
    assert lines[2].split()[-5:] == ["5", "7", "100.0", "50.0", "1.0"]


def test_results_that_hid_joints_in_another_way_are_not_put_beside_these():
    result = result_of(Run("main", "decomposed", 0), 1.0)
    result["scores"]["val"]["hidden_joints_mm"] = result["scores"]["val"].pop("held_joints_mm")
    assert not any("hidden joints" in table.title for table in summary_tables([result], scores_of(4.0)))

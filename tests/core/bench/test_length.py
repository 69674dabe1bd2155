from core.bench.length import Length, length_table


def test_growth_is_a_minutes_time_and_memory_goes_on_in_a_straight_line():
    text = length_table([Length(1, 10.0, 300.0), Length(5, 52.5, 320.0)])
    assert text.splitlines()[-1] == "| 5 | 52 | 1.050 | 320 | 595 |"
    assert length_table([Length(1, 10.0, None)]).splitlines()[-1] == "| 1 | 10 | 1.000 | unknown |  |"

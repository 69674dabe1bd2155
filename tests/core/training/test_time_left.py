from core.training.time_left import TimeLeft, duration_text


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


def test_time_left_follows_from_what_was_worked_off_alone():
    clock = Clock()
    left = TimeLeft(100, clock)
    assert left.text() == "0%"
    left.skip(50)
    left.add(10)
    clock.now_s += 600
    assert left.text() == "60%, about 40 min left"
    left.add(40)
    assert left.text() == "100%, about 0 s left"


def test_an_estimate_that_was_too_low_never_gives_negative_times():
    left = TimeLeft(10, Clock())
    left.add(30)
    assert left.text() == "100%, about 0 s left"


def test_durations_in_two_units():
    durations = {5: "5 s", 59.4: "59 s", 90: "2 min", 3599: "1 h 00 min", 7980: "2 h 13 min", 200000: "2 d 7 h"}
    assert {duration_s: duration_text(duration_s) for duration_s in durations} == durations

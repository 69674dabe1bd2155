import math

import pytest

from core.errors import OptionError
from core.focal_length import choose_focal_length_px

FULL_HD = (1920, 1080)
DIAGONAL = math.hypot(*FULL_HD)


def test_default_is_a_32_mm_equivalent():
    assert choose_focal_length_px(FULL_HD) == (0.75 * DIAGONAL, "default")


def test_the_users_pixels_win_over_the_file():
    assert choose_focal_length_px(FULL_HD, focal_length_px=1500, metadata_35mm=26) == (1500, "user")


def test_43_mm_is_the_diagonal_since_it_is_the_diagonal_of_full_frame():
    length, source = choose_focal_length_px(FULL_HD, focal_length_35mm=math.hypot(36, 24))
    assert length == pytest.approx(DIAGONAL)
    assert source == "user"


def test_portrait_and_landscape_have_the_same_lens():
    landscape, _ = choose_focal_length_px(FULL_HD, metadata_35mm=26)
    portrait, source = choose_focal_length_px((1080, 1920), metadata_35mm=26)
    assert landscape == portrait
    assert source == "metadata"


def test_impossible_metadata_is_ignored():
    assert choose_focal_length_px(FULL_HD, metadata_35mm=0) == (0.75 * DIAGONAL, "default")


@pytest.mark.parametrize("value", [0, -5, math.nan, math.inf, 3, 1e9])
def test_an_impossible_length_is_an_option_error(value):
    with pytest.raises(OptionError, match="impossible"):
        choose_focal_length_px(FULL_HD, focal_length_px=value)


def test_both_units_at_once_are_refused():
    with pytest.raises(OptionError, match="twice"):
        choose_focal_length_px(FULL_HD, focal_length_px=1500, focal_length_35mm=26)


def test_the_limits_are_named_in_the_users_own_unit():
    with pytest.raises(OptionError) as error:
        choose_focal_length_px(FULL_HD, focal_length_35mm=2)
    assert error.value.message == "A focal length of 2 mm is impossible for this video."
    assert error.value.hint == "Leave it out, or give a value between 4 and 4327 mm."

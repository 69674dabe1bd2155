import numpy as np
import pytest

from core.training.datasets.joint_names import (
    COCO_18,
    INSTA_25,
    LSP_14,
    MPI_17,
    MPI_28,
    OPENPOSE_25,
    SMPL_24,
    SPIN_49,
    arrange_joints,
)


def test_orders_have_the_published_lengths_and_no_name_twice():
    orders = {COCO_18: 18, INSTA_25: 25, LSP_14: 14, MPI_17: 17, MPI_28: 28, OPENPOSE_25: 25, SMPL_24: 24, SPIN_49: 49}
    for order, length in orders.items():
        assert len(order) == len(set(order)) == length


def test_slots_25_to_38_of_the_49_are_the_14_of_lsp_and_39_is_the_pelvis():
    assert SPIN_49[25:39] == LSP_14
    assert SPIN_49[39] == "pelvis"
    assert SPIN_49.index("op_mid_hip") == 8


@pytest.mark.parametrize(("order", "missing"), [(COCO_18, 0), (INSTA_25, 0), (MPI_17, 0), (LSP_14, 0), (MPI_28, 11)])
def test_how_many_joints_of_a_data_set_the_49_lack(order, missing):
    assert len(set(order) - set(SPIN_49)) == missing


def test_values_go_to_the_slot_of_their_name_and_the_rest_is_zero():
    values = np.arange(2 * 17 * 3, dtype=np.float32).reshape(2, 17, 3)
    arranged = arrange_joints(values, MPI_17, SPIN_49)
    for slot, name in enumerate(SPIN_49):
        expected = values[:, MPI_17.index(name)] if name in MPI_17 else np.zeros((2, 3))
        np.testing.assert_array_equal(arranged[:, slot], expected)
    np.testing.assert_array_equal(arrange_joints(arranged, SPIN_49, MPI_17), values)

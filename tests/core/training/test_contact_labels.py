import numpy as np

from core.training.contact_labels import body_contacts, foot_contacts, lowest_nearby


def test_low_and_still_feet_stand_and_others_do_not():
    feet = np.zeros((60, 4, 3))
    feet[:, 1, 1] = 0.2
    feet[:, 2, 0] = np.arange(60) / 30 * 1.0
    feet[30:, 3, 1] = 0.1
    contacts = foot_contacts(feet, 30.0)
    assert contacts[:, 0].all() and not contacts[:, 1].any() and not contacts[:, 2].any()
    assert contacts[:28, 3].all() and not contacts[32:, 3].any()


def test_low_is_low_for_its_half_second():
    drifting = np.zeros((300, 4, 3))
    drifting[:, :, 1] = np.linspace(0, 0.6, 300)[:, None]
    assert foot_contacts(drifting, 30.0).all()
    heights = np.array([3.0, 0.0, 3.0, 3.0, 3.0])
    assert lowest_nearby(heights, 2.0).tolist() == [0.0, 0.0, 0.0, 3.0, 3.0]


def test_one_frame_has_no_speed():
    assert not foot_contacts(np.zeros((1, 4, 3)), 30.0).any()


def test_feet_that_are_held_up_while_lying_do_not_stand():
    landmarks = np.zeros((60, 33, 3))
    landmarks[..., 1] = 0.1
    landmarks[:, 29:33, 1] = 0.4
    assert not body_contacts(landmarks, 30.0).any()
    landmarks[:, 29:33, 1] = 0.05
    assert body_contacts(landmarks, 30.0).all()

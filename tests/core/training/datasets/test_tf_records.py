import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from core.errors import MotionDataError
from core.training.datasets.tf_records import masked_crc32c, parse_example, read_records


def example_class():
    """tf.train.Example as TensorFlow's feature.proto declares it, for protobuf's own writer."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="example_for_tests.proto", package="t", syntax="proto3")

    def message(name, *fields):
        declared = file.message_type.add(name=name)
        for number, (field_name, kind, label, type_name) in enumerate(fields, start=1):
            declared.field.add(name=field_name, number=number, type=kind, label=label, type_name=type_name)
        return declared

    one, many = field.LABEL_OPTIONAL, field.LABEL_REPEATED
    message("BytesList", ("value", field.TYPE_BYTES, many, None))
    message("FloatList", ("value", field.TYPE_FLOAT, many, None))
    message("Int64List", ("value", field.TYPE_INT64, many, None))
    lists = [(name, field.TYPE_MESSAGE, one, f".t.{name}") for name in ("BytesList", "FloatList", "Int64List")]
    message("Feature", *lists)
    features = message("Features", ("feature", field.TYPE_MESSAGE, many, ".t.Features.FeatureEntry"))
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=field.TYPE_STRING, label=one)
    entry.field.add(name="value", number=2, type=field.TYPE_MESSAGE, label=one, type_name=".t.Feature")
    message("Example", ("features", field.TYPE_MESSAGE, one, ".t.Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Example"))


def test_examples_written_by_protobuf_come_back():
    example = example_class()()
    feature = example.features.feature
    feature["image/encoded"].BytesList.value.extend([b"\xff\xd8one", b"", b"two" * 100])
    feature["image/xys"].FloatList.value.extend([0.5, -1.25, 3e8])
    feature["meta/N"].Int64List.value.extend([3, -1, 2**62])
    feature["empty"].FloatList.SetInParent()
    parsed = parse_example(example.SerializeToString())
    assert parsed["image/encoded"] == [b"\xff\xd8one", b"", b"two" * 100]
    np.testing.assert_array_equal(parsed["image/xys"], np.float32([0.5, -1.25, 3e8]))
    assert parsed["meta/N"].tolist() == [3, -1, 2**62]
    assert len(parsed["empty"]) == 0


def test_examples_of_the_generated_data_sets_are_those_of_protobuf(tf_record_files):
    features = {"a": np.array([1.5, 2]), "b": np.array([7, -7]), "c": [b"x"]}
    example = example_class().FromString(tf_record_files.example(features))
    assert list(example.features.feature["a"].FloatList.value) == [1.5, 2]
    assert list(example.features.feature["b"].Int64List.value) == [7, -7]
    assert list(example.features.feature["c"].BytesList.value) == [b"x"]


def test_numbers_that_are_not_packed_are_read():
    floats = b"\x0d" + np.float32(1.5).tobytes() + b"\x0d" + np.float32(-2).tobytes()
    feature = b"\x12" + bytes([len(floats)]) + floats
    entry = b"\x0a\x01x\x12" + bytes([len(feature)]) + feature
    features = b"\x0a" + bytes([len(entry)]) + entry
    parsed = parse_example(b"\x0a" + bytes([len(features)]) + features)
    assert parsed["x"].tolist() == [1.5, -2.0]


def test_checksum_is_the_published_one():
    # CRC-32C of "123456789" is e3069283 (RFC 3720); records mask it by rotating and adding.
    crc = 0xE3069283
    assert masked_crc32c(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def test_records_come_back_in_order(tmp_path, tf_record_files):
    tf_record_files.write(tmp_path / "a.tfrecord", [b"one", b"", b"three" * 50])
    assert list(read_records(tmp_path / "a.tfrecord", check_payloads=True)) == [b"one", b"", b"three" * 50]


def test_a_cut_off_file_gives_its_whole_records_and_then_a_sentence(tmp_path, tf_record_files):
    path = tmp_path / "a.tfrecord"
    tf_record_files.write(path, [b"one", b"two" * 50])
    path.write_bytes(path.read_bytes()[:-20])
    records = read_records(path)
    assert next(records) == b"one"
    with pytest.raises(MotionDataError, match=r"a\.tfrecord is cut off in record 1"):
        next(records)


def test_other_files_are_no_record_files(tmp_path):
    (tmp_path / "a.tfrecord").write_bytes(b"<html>You must log in to download this file</html>")
    with pytest.raises(MotionDataError, match="is no TFRecord file"):
        list(read_records(tmp_path / "a.tfrecord"))


def test_a_flipped_bit_is_found_where_checksums_are_asked_for(tmp_path, tf_record_files):
    path = tmp_path / "a.tfrecord"
    tf_record_files.write(path, [b"payload"])
    data = bytearray(path.read_bytes())
    data[14] ^= 1
    path.write_bytes(data)
    assert list(read_records(path)) != [b"payload"]
    with pytest.raises(MotionDataError, match="damaged in record 0"):
        list(read_records(path, check_payloads=True))


def test_bytes_that_are_no_message_are_refused():
    for payload in (b"\xff" * 11, b"\x0a\x7f", b"\x0b\x00"):
        with pytest.raises(ValueError, match="not a protocol buffer"):
            parse_example(payload)


def test_an_empty_file_is_named(tmp_path):
    (tmp_path / "a.tfrecord").write_bytes(b"")
    with pytest.raises(MotionDataError, match=r"a\.tfrecord is empty"):
        list(read_records(tmp_path / "a.tfrecord"))

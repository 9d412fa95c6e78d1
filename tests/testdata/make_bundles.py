"""Writes tests/testdata/bundles with TensorFlow: python make_bundles.py.

Tests know the values by heart, so change both together.
"""
import os
import shutil

import numpy as np
import tensorflow as tf

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bundles")


def save(prefix, tensors, slices=None):
    """Writes one data file; `slices` says what part of a tensor a value is."""
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(tensors),
        shape_and_slices=[(slices or {}).get(name, "") for name in tensors],
        tensors=list(tensors.values()))


def merge(parts, prefix):
    """Makes one bundle of several, each with a data file of its own."""
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=parts, destination_prefix=prefix, delete_old_dirs=False)


def path(name):
    return os.path.join(FOLDER, name)


def types():
    """One tensor of each type, with the values 0, 1 and 2 where it has them."""
    names = ["float32", "float64", "bfloat16", "float16", "int8", "int16", "int32", "int64",
             "uint8", "uint16", "uint32", "uint64", "complex64", "complex128"]
    tensors = {"type/" + name: tf.cast(tf.range(3), name) for name in names}
    tensors["type/bool"] = tf.constant([False, True, True])
    tensors["type/qint8"] = tf.bitcast(tf.constant([0, 1, 2], tf.int8), tf.qint8)
    tensors["scalar"] = tf.constant(2.5)
    tensors["empty"] = tf.zeros([0, 3])
    tensors["no_strings"] = tf.zeros([0], tf.string)
    tensors["text"] = tf.constant(b"hello")
    tensors["texts"] = tf.constant([[b"", b"\x00\xff"], ["gr\u00fcn".encode(), b"x" * 200]])
    save(path("types"), tensors)


def sharded():
    """Two data files, and a tensor with a part in each, cut along both axes."""
    whole = tf.reshape(tf.range(4 * 70), [4, 70])
    save(path("part0"), {"a": tf.constant([1.0, 2.0]), "rows": whole[:1], "columns": whole[:, :65]},
         {"rows": "4 70 0,1:-", "columns": "4 70 -:0,65"})
    save(path("part1"), {"b": tf.constant([3.0]), "rows": whole[1:], "columns": whole[:, 65:]},
         {"rows": "4 70 1,3:-", "columns": "4 70 -:65,5"})
    merge([path("part0"), path("part1")], path("sharded"))


def variant():
    """A list of tensors, which is a value of no plain type."""
    save(path("variant"), {"list": tf.raw_ops.TensorListFromTensor(
        tensor=tf.constant([1.0, 2.0]), element_shape=tf.constant([], tf.int32))})


def checkpoint():
    """A folder as tf.train.CheckpointManager keeps it, with its object graph."""
    root = tf.train.Checkpoint(step=tf.Variable(7, dtype=tf.int64),
                               weights=[tf.Variable([1.0, 2.0], name="w")])
    manager = tf.train.CheckpointManager(root, path("manager"), max_to_keep=2)
    for _ in range(3):
        manager.save()


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    types()
    sharded()
    variant()
    checkpoint()

#!/usr/bin/env python3
"""Writes checkpoints by real Keras into keras_checkpoints/, beside this file.

  python tests/testdata/make_keras_checkpoints.py

Needs tensorflow, keras 3 and tf_keras, which is Keras 2; made with keras 3.15.1
on tensorflow 2.21.0 and tf_keras 2.21.0.

Each folder holds one checkpoint of a model after two training steps, written by
tf.train.CheckpointManager from tf.train.Checkpoint(model=, optimizer=), or by
Keras 2's model.save_weights(). expected.json says of each what it is of, what
the model predicts at that moment and the losses of its next three steps.
"""
import json
import os
import shutil

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf
import keras
import tf_keras

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras_checkpoints")
KERAS = {"keras2": tf_keras, "keras3": keras}
OPTIMIZERS = {
    "adam": ("Adam", {"learning_rate": 0.02}),
    "amsgrad": ("Adam", {"learning_rate": 0.02, "amsgrad": True}),
    "sgd": ("SGD", {"learning_rate": 0.05}),
    "sgd_momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    "sgd_nesterov": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.02}),
    "rmsprop_centered_momentum": ("RMSprop", {"learning_rate": 0.005, "centered": True, "momentum": 0.5}),
}


def make_model(k, name):
    if name == "mlp":
        return k.Sequential([k.layers.Input((4,)), k.layers.Dense(5, activation="tanh"), k.layers.Dense(3)])
    return k.Sequential([
        k.layers.Input((6, 6, 1)), k.layers.Conv2D(2, 3, activation="relu"), k.layers.MaxPooling2D(),
        k.layers.Flatten(), k.layers.Dense(3, activation="softmax")])


def make_data(name):
    random = np.random.default_rng(3)
    if name == "mlp":
        return random.random((6, 4), "f4"), random.random((6, 3), "f4")
    return random.random((5, 6, 6, 1), "f4"), np.eye(3, dtype="f4")[[0, 2, 1, 1, 0]]


def loss_of(model, x, y):
    logs = model.train_on_batch(x, y, return_dict=True)
    model.reset_metrics()
    return float(logs["loss"])


def numbers(array):
    return [float(value) for value in np.ravel(array)]


def make(version, model_name, optimizer_name, save_weights=False):
    k = KERAS[version]
    k.utils.set_random_seed(11)
    model = make_model(k, model_name)
    class_name, options = OPTIMIZERS[optimizer_name]
    loss = "mse" if model_name == "mlp" else "categorical_crossentropy"
    model.compile(optimizer=getattr(k.optimizers, class_name)(**options), loss=loss)
    x, y = make_data(model_name)
    for _ in range(2):
        loss_of(model, x, y)
    name = "_".join([version, model_name, "weights" if save_weights else optimizer_name])
    folder = os.path.join(FOLDER, name)
    if save_weights:
        os.makedirs(folder)
        model.save_weights(os.path.join(folder, "w"), save_format="tf")
    else:
        checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
        tf.train.CheckpointManager(checkpoint, folder, max_to_keep=1).save()
    return {
        "name": name, "model": model_name, "loss": loss,
        "optimizer": {"class_name": class_name, "config": options},
        "predictions": numbers(model(x, training=False)),
        "losses": [loss_of(model, x, y) for _ in range(3)],
    }


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    data = {}
    for model in ("mlp", "cnn"):
        x, y = make_data(model)
        data[model] = {"x": numbers(x), "y": numbers(y), "rows": len(x)}
    cases = [make(version, "mlp", optimizer) for version in KERAS for optimizer in OPTIMIZERS]
    cases += [make(version, "cnn", "adam") for version in KERAS]
    cases.append(make("keras2", "mlp", "adam", save_weights=True))
    with open(os.path.join(FOLDER, "expected.json"), "w") as out:
        lines = ",\n".join(json.dumps(case) for case in cases)
        out.write(f'{{"data": {json.dumps(data)},\n"cases": [\n{lines}]}}\n')


main()

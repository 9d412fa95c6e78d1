#!/usr/bin/env python3
"""Writes what real Keras computes into the headers that tests compare with.

  python tests/testdata/make_keras_values.py

Needs tensorflow, keras 3 and tf_keras; made with keras 3.15.1 on tensorflow
2.21.0 and tf_keras 2.21.0. Inputs are a formula that the tests know too
(Spread() of tests/support/op_contract.h), so only results are written.
"""
import math
import os
import subprocess
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
import tf_keras
from tensorflow.core.protobuf import trackable_object_graph_pb2

HERE = os.path.dirname(os.path.abspath(__file__))


def spread(shape, low, high):
    """Spread() of tests/support/op_contract.h."""
    values = []
    for i in range(int(np.prod(shape))):
        place = math.fmod(0.31 + 0.6180339887498949 * i, 1.0)
        value = low + (high - low) * place
        if abs(value) < 0.03 and low < 0:
            value = -0.03 if value < 0 else 0.03
        values.append(value)
    return np.array(values, np.float32).reshape(shape)


def number(value):
    text = np.format_float_scientific(np.float32(value), unique=True, trim="-")
    text = repr(float(np.format_float_positional(np.float32(value), unique=True))) \
        if 1e-4 <= abs(value) < 1e6 or value == 0 else text
    return text + ("f" if "." in text or "e" in text else ".0f")


def floats(values):
    return "{" + ", ".join(number(v) for v in np.ravel(values)) + "}"


def write(name, includes, body):
    guard = f"CAIRN_TESTS_TESTDATA_{name.upper()}_H_"
    path = os.path.join(HERE, name + ".h")
    with open(path, "w") as out:
        out.write(f"#ifndef {guard}\n#define {guard}\n\n")
        out.write("// Written by make_keras_values.py: what real Keras computes.\n\n")
        out.write("".join(f"#include {include}\n" for include in includes))
        out.write("\nnamespace cairn {\n\n" + body)
        out.write(f"\n}}  // namespace cairn\n\n#endif  // {guard}\n")
    subprocess.run(["clang-format-14", "-i", path], check=True)


# --- optimizers -------------------------------------------------------------

OPTIMIZERS = [
    ("Sgd", "SGD", dict(learning_rate=0.1)),
    ("SgdMomentum", "SGD", dict(learning_rate=0.1, momentum=0.9)),
    ("SgdNesterov", "SGD", dict(learning_rate=0.1, momentum=0.9, nesterov=True)),
    ("Adam", "Adam", dict(learning_rate=0.1)),
    # A large epsilon shows where it is added.
    ("AdamEpsilon", "Adam", dict(learning_rate=0.1, beta_1=0.8, beta_2=0.9, epsilon=0.1)),
    ("AdamAmsgrad", "Adam", dict(learning_rate=0.1, beta_2=0.5, amsgrad=True)),
    ("RmsProp", "RMSprop", dict(learning_rate=0.1)),
    ("RmsPropEpsilon", "RMSprop", dict(learning_rate=0.1, rho=0.8, epsilon=0.1)),
    ("RmsPropMomentum", "RMSprop", dict(learning_rate=0.1, momentum=0.9)),
    ("RmsPropCentered", "RMSprop", dict(learning_rate=0.1, centered=True)),
    ("RmsPropCenteredMomentum", "RMSprop", dict(learning_rate=0.1, momentum=0.9, centered=True)),
]
# Lists that hold what other lists hold too.
BOOKKEEPING = {"_variables", "_trainable_variables", "_non_trainable_variables"}


def slot_lists(checkpoint_prefix):
    """{edge: [values]} of the lists with a variable per weight below "optimizer"."""
    reader = tf.train.load_checkpoint(checkpoint_prefix)
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    children = lambda node: {c.local_name: c.node_id for c in graph.nodes[node].children}
    lists = {}
    for edge, node in children(children(0)["optimizer"]).items():
        entries = children(node)
        if edge in BOOKKEEPING or set(entries) != {"0", "1"}:
            continue
        keys = [graph.nodes[entries[i]].attributes[0].checkpoint_key for i in "01"]
        lists[edge] = [reader.get_tensor(key) for key in keys]
    return lists


def run_optimizer(library, class_name, options):
    model = library.Sequential([library.layers.Dense(2)])
    optimizer = getattr(library.optimizers, class_name)(**options)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    x, y = spread((20, 3), -1, 1), spread((20, 2), -2, 1)
    model.build((None, 3))
    model.set_weights([spread((3, 2), -1, 1), spread((2,), -0.5, 0.5)])
    weights = []
    for step in range(5):
        batch = slice(4 * step, 4 * step + 4)
        model.train_on_batch(x[batch], y[batch])
        weights += [v for w in model.get_weights() for v in np.ravel(w)]
    with tempfile.TemporaryDirectory() as folder:
        prefix = tf.train.Checkpoint(model=model, optimizer=optimizer).write(folder + "/c")
        return weights, slot_lists(prefix)


def optimizers():
    body = "// Keras's object graph has these lists below the optimizer.\n"
    body += "struct KerasSlots {\n  std::string edge;\n  std::vector<float> values;\n};\n\n"
    body += "// The weights of a Dense layer, kernel and bias, after each of five steps, and\n"
    body += "// the slots of both after the last.\n"
    body += "struct KerasSteps {\n  std::vector<float> weights;\n  std::vector<KerasSlots> slots;\n};\n\n"
    for name, class_name, options in OPTIMIZERS:
        weights, slots = run_optimizer(keras, class_name, options)
        weights2, slots2 = run_optimizer(tf_keras, class_name, options)
        assert np.allclose(weights, weights2, atol=1e-5), name
        assert set(slots) <= set(slots2), (name, set(slots), set(slots2))
        listed = ", ".join(
            '{"%s", %s}' % (edge, floats(np.concatenate([np.ravel(v) for v in values])))
            for edge, values in sorted(slots.items()))
        body += f"inline const KerasSteps k{name} = {{{floats(weights)}, {{{listed}}}}};\n\n"
    write("keras_optimizers", ["<string>", "<vector>"], body)


# --- layers and losses ------------------------------------------------------

def apply_layer(layer, x, weights):
    layer.build((None,) + x.shape[1:])
    layer.set_weights(weights)
    return np.array(layer(x))


def layers():
    K = keras.layers
    body = ""
    add = lambda name, values: f"inline const std::vector<float> k{name} = {floats(values)};\n\n"
    body += "// Dense: input (2, 3), 4 units, kernel and bias spread over [-1, 1).\n"
    for activation in ["linear", "relu", "sigmoid", "tanh", "softmax"]:
        y = apply_layer(K.Dense(4, activation=activation), spread((2, 3), -2, 2),
                        [spread((3, 4), -1, 1), spread((4,), -1, 1)])
        body += add("Dense" + activation.capitalize(), y)
    body += "// Input (2, 5, 3): the last axis is multiplied.\n"
    body += add("DenseOfSequence", apply_layer(
        K.Dense(2), spread((2, 5, 3), -2, 2), [spread((3, 2), -1, 1), spread((2,), -1, 1)]))
    body += "// Conv2D: input (2, 5, 6, 2), 3 filters of 3 x 2.\n"
    images = spread((2, 5, 6, 2), -1, 1)
    conv = [spread((3, 2, 2, 3), -1, 1), spread((3,), -1, 1)]
    for name, options in [("Valid", {}), ("Same", dict(padding="same")),
                          ("Strides", dict(strides=(2, 1), padding="same")),
                          ("Dilation", dict(dilation_rate=(2, 3)))]:
        body += add("Conv2D" + name, apply_layer(K.Conv2D(3, (3, 2), **options), images, conv))
    body += "// MaxPooling2D: the same input.\n"
    for name, options in [("Default", {}), ("Overlapping", dict(pool_size=(3, 2), strides=(1, 2))),
                          ("Same", dict(pool_size=(3, 3), strides=(2, 2), padding="same"))]:
        body += add("MaxPooling2D" + name, np.array(K.MaxPooling2D(**options)(images)))
    write("keras_layers", ["<vector>"], body)


def loss_and_gradient(loss, target, prediction):
    x = tf.constant(prediction)
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = loss(tf.constant(target), x)
        mean = tf.reduce_mean(values)
    return np.array(values), np.array(tape.gradient(mean, x))


def losses():
    L = keras.losses
    probabilities = np.array([[.2, .7, .1], [.5, .3, .2]], np.float32)
    logits = np.array([[1, 2, .5], [-1, 0, 3]], np.float32)
    one_hot = np.array([[0, 1, 0], [1, 0, 0]], np.float32)
    labels = np.array([1, 0], np.int32)
    soft = np.array([[.1, .8, .1], [.3, .3, .4]], np.float32)
    body = "// The loss of each sample, and the gradient of their mean.\n"
    body += "struct KerasLoss {\n  std::vector<float> values, gradient;\n};\n\n"
    for name, loss, target, prediction in [
            ("MeanSquaredError", L.mean_squared_error, one_hot, logits),
            ("CategoricalProbabilities", L.categorical_crossentropy, soft, probabilities),
            ("CategoricalLogits", lambda t, p: L.categorical_crossentropy(t, p, from_logits=True),
             soft, logits),
            ("SparseProbabilities", L.sparse_categorical_crossentropy, labels, probabilities),
            ("SparseLogits", lambda t, p: L.sparse_categorical_crossentropy(t, p, from_logits=True),
             labels, logits),
            # Neither row sums to 1.
            ("SparseUnnormalized", L.sparse_categorical_crossentropy, labels,
             np.array([[.4, 1.4, .2], [.1, .2, .3]], np.float32)),
            ("CategoricalUnnormalized", L.categorical_crossentropy, one_hot,
             np.array([[.4, .9, .2], [.1, .2, .3]], np.float32)),
            ("SparseZero", L.sparse_categorical_crossentropy, labels,
             np.array([[1, 0, 0], [.5, .5, 0]], np.float32)),
    ]:
        values, gradient = loss_and_gradient(loss, target, prediction)
        body += f"inline const KerasLoss k{name} = {{{floats(values)}, {floats(gradient)}}};\n\n"
    write("keras_losses", ["<vector>"], body)


# --- training ---------------------------------------------------------------

def make_mlp(optimizer, outputs, loss, activation):
    model = keras.Sequential([
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(outputs, activation=activation)])
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    model.build((None, 4))
    model.set_weights([spread((4, 8), -0.6, 0.6), spread((8,), -0.2, 0.2),
                       spread((8, outputs), -0.7, 0.7), spread((outputs,), -0.1, 0.1)])
    return model


class HookRecorder(keras.callbacks.Callback):
    """Writes down which hooks are called."""

    def __init__(self):
        super().__init__()
        self.calls = []
        for what in ["train", "test", "predict"]:
            for when in ["begin", "end", "batch_begin", "batch_end"]:
                self.record(f"on_{what}_{when}")
        self.record("on_epoch_begin")
        self.record("on_epoch_end")

    def record(self, hook):
        setattr(self, hook, lambda *arguments, **_: self.calls.append(hook))


def hook_order(x, y):
    model = make_mlp("sgd", 3, "sparse_categorical_crossentropy", "softmax")
    body = ""
    for name, run in [
            ("Fit", lambda c: model.fit(x, y, batch_size=8, epochs=2, verbose=0,
                                        validation_data=(x[:5], y[:5]), callbacks=[c])),
            ("Evaluate", lambda c: model.evaluate(x, y, batch_size=8, verbose=0, callbacks=[c])),
            ("Predict", lambda c: model.predict(x, batch_size=8, verbose=0, callbacks=[c]))]:
        recorder = HookRecorder()
        run(recorder)
        calls = ", ".join(f'"{call}"' for call in recorder.calls)
        body += f"inline const std::vector<const char*> k{name}Hooks = {{{calls}}};\n\n"
    return body


def training():
    body = "// An MLP 4 - 8 relu - 3 softmax on 23 samples, batches of 8, 3 epochs.\n"
    body += "struct KerasHistory {\n"
    body += "  std::vector<double> loss, accuracy, val_loss, val_accuracy;\n"
    body += "  std::vector<float> weights;\n};\n\n"
    x = spread((23, 4), -1, 1)
    y = np.array([int(v) for v in spread((23,), 0, 3)], np.int32)
    doubles = lambda values: "{" + ", ".join(repr(float(v)) for v in values) + "}"
    def add(name, model, **options):
        history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0,
                            **{"epochs": 3, **options}).history
        lists = ", ".join(doubles(history.get(key, []))
                          for key in ["loss", "accuracy", "val_loss", "val_accuracy"])
        weights = floats(np.concatenate([np.ravel(w) for w in model.get_weights()]))
        return f"inline const KerasHistory k{name} = {{{lists}, {weights}}};\n\n"
    loss = "sparse_categorical_crossentropy"
    body += add("MlpAdam", make_mlp(keras.optimizers.Adam(0.05), 3, loss, "softmax"))
    body += "// With validation_split 0.3.\n"
    body += add("MlpSplit", make_mlp(keras.optimizers.SGD(0.1, momentum=0.9), 3, loss, "softmax"),
                validation_split=0.3)
    body += "// With the first 5 samples as validation_data, from logits.\n"
    from_logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    body += add("MlpValidation", make_mlp(keras.optimizers.RMSprop(0.01), 3, from_logits, None),
                validation_data=(x[:5], y[:5]))
    body += "// Keras's hooks in a fit of 2 epochs with validation_data, an evaluation and a\n"
    body += "// prediction, of 3 batches, the validation of 1.\n"
    body += hook_order(x, y)
    write("keras_training", ["<vector>"], body)


if __name__ == "__main__":
    optimizers()
    layers()
    losses()
    training()

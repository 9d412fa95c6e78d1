#!/usr/bin/env python3
"""Exchanges checkpoints between Cairn and real TensorFlow, both ways.

  tensorflow_check.py EXCHANGE      the program //tests/tensorflow:exchange

Run by tensorflow_check.sh, which makes an environment with TensorFlow and both
Keras: tf_keras is Keras 2, keras is Keras 3. Each check prints one line,
"PASS name" or "FAIL name: why". Exits with 1 if one failed.
"""
import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf
import keras as keras3
import tf_keras as keras2

BATCH, STEPS_BEFORE, STEPS_AFTER = 16, 5, 5
KERAS = {"keras2": keras2, "keras3": keras3}
# RMSprop with momentum has a tenth of the usual rate: at 1e-3 its first steps are
# so large that predictions are 0.8e-6 to 1.2e-6 (Keras) and 1.3e-6 to 1.7e-6
# (Cairn) from the exact values, and so cannot be compared to 1e-6.
OPTIMIZERS = {
    "adam": ("Adam", {"learning_rate": 1e-3}),
    "slow_adam": ("Adam", {"learning_rate": 1e-6}),
    "amsgrad": ("Adam", {"learning_rate": 1e-3, "amsgrad": True}),
    "rmsprop": ("RMSprop", {"learning_rate": 1e-3}),
    "rmsprop_centered_momentum": ("RMSprop", {"learning_rate": 1e-4, "momentum": 0.9, "centered": True}),
    "sgd": ("SGD", {"learning_rate": 0.01}),
    "sgd_nesterov": ("SGD", {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True}),
}
# Without momentum Keras 2 keeps momenta all the same and Keras 3 keeps none, so no
# file satisfies assert_consumed() of both. Cairn writes what Keras 3 wants.
NOT_ASSERTED = {("keras2", "sgd")}

# Types that Cairn lists and tests the checksums of, but has no tensors of.
LISTED_ALONE = {"complex64", "complex128", "qint8", "quint8", "qint16", "quint16", "qint32", "variant"}

IDX_TYPES = {np.dtype("u1"): 0x08, np.dtype("i4"): 0x0C, np.dtype("f4"): 0x0D}


def write_idx(path, array):
    with open(path, "wb") as file:
        file.write(struct.pack(">BBBB", 0, 0, IDX_TYPES[array.dtype], array.ndim))
        file.write(struct.pack(f">{array.ndim}I", *array.shape))
        file.write(array.astype(array.dtype.newbyteorder(">")).tobytes())


def make_data(model):
    """Ten batches of blurred noise, which labels follow from."""
    random = np.random.default_rng(7)
    y = random.integers(0, 10, BATCH * (STEPS_BEFORE + STEPS_AFTER)).astype("u1")
    centers = random.random((10, 784))
    x = (0.5 * centers[y] + 0.5 * random.random((len(y), 784))).astype("f4")
    return (x.reshape(-1, 28, 28, 1) if model == "cnn" else x), y


def make_model(keras, name):
    keras.utils.set_random_seed(1)
    layers = keras.layers
    parts = {
        "mlp": lambda: [
            keras.Input((784,)),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.0),
            layers.Dense(10, activation="softmax"),
        ],
        "cnn": lambda: [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.0),
            layers.Dense(10, activation="softmax"),
        ],
        "deep": lambda: [
            keras.Input((784,)),
            *(layers.Dense(32) for _ in range(350)),
            layers.Dense(10, activation="softmax"),
        ],
    }
    return keras.Sequential(parts[name]())


def make_optimizer(keras, name):
    class_name, config = OPTIMIZERS[name]
    return getattr(keras.optimizers, class_name)(**config)


def optimizer_config(name):
    class_name, config = OPTIMIZERS[name]
    return json.dumps({"class_name": class_name, "config": config})


def train(model, optimizer, x, y, first_step, steps):
    """Trains on the batches from `first_step` on; the loss of each."""
    losses = []
    for step in range(first_step, first_step + steps):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        with tf.GradientTape() as tape:
            outputs = model(tf.constant(x[rows]), training=True)
            losses_of_rows = -tf.math.log(tf.gather(outputs, y[rows].astype("i4"), batch_dims=1))
            loss = tf.reduce_mean(losses_of_rows)
        weights = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        losses.append(float(loss))
    return losses


def predict(model, x):
    return np.asarray(model(tf.constant(x), training=False)).ravel()


class Checks:
    """Runs checks by name and counts those that fail."""

    def __init__(self):
        self.failed = 0

    def run(self, name, check):
        try:
            check()
            print(f"PASS {name}", flush=True)
        except Exception as error:  # Whatever TensorFlow raises is a finding.
            self.failed += 1
            why = " ".join(str(error).split())[:400]
            print(f"FAIL {name}: {type(error).__name__}: {why}", flush=True)


def expect_equal(what, ours, theirs):
    assert ours == theirs, f"{what}: {ours} and {theirs}"


def expect_predictions(cairn, theirs):
    difference = np.max(np.abs(np.asarray(cairn["predictions"]) - theirs))
    assert difference <= 1e-6, f"predictions differ by {difference:.3g}"


def expect_losses(cairn, theirs):
    ours = np.asarray(cairn["losses"])[: len(theirs)]
    difference = np.max(np.abs(ours - theirs) / np.abs(theirs))
    assert difference <= 1e-5, f"losses differ by {difference:.3g} of them: {ours}, {theirs}"


def run_exchange(exchange, *words):
    done = subprocess.run([exchange, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with open(os.path.join(words[1], "cairn.json")) as file:
        return json.load(file)


def check_reads_every_tensor(prefix):
    reader = tf.train.load_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    assert shapes, "no tensors"
    for key, shape in shapes.items():
        expect_equal(key, list(np.shape(reader.get_tensor(key))), list(shape))


def check_is_packed(prefix):
    """An index and an architecture that are large are stored smaller."""
    reader = tf.train.load_checkpoint(prefix)
    keys = reader.get_variable_to_shape_map()
    assert os.path.getsize(prefix + ".index") < sum(len(key) for key in keys) / 2
    architecture = json.loads(gzip.decompress(reader.get_tensor("_CAIRN/architecture")))
    expect_equal("layers", len(architecture["config"]["layers"]), 352)


def check_from_cairn(checks, exchange, model_name, optimizer_name):
    """What Cairn trained and saved goes on in Keras 2 and Keras 3."""
    with tempfile.TemporaryDirectory() as folder:
        label = f"{model_name} {optimizer_name}"
        x, y = make_data(model_name)
        write_idx(os.path.join(folder, "x.idx"), x)
        write_idx(os.path.join(folder, "y.idx"), y)
        cairn = None

        def write():
            nonlocal cairn
            cairn = run_exchange(exchange, "write", folder, model_name, optimizer_config(optimizer_name))
            assert len(cairn["losses"]) == STEPS_AFTER

        checks.run(f"cairn writes {label}", write)
        if cairn is None:
            return
        run = os.path.join(folder, "run")
        prefix = os.path.join(run, f"ckpt-{STEPS_BEFORE}")
        checks.run(f"latest_checkpoint {label}", lambda: expect_equal("latest", tf.train.latest_checkpoint(run), prefix))
        checks.run(f"load_checkpoint {label}", lambda: check_reads_every_tensor(prefix))
        if model_name == "deep":
            checks.run("a large index and architecture are packed", lambda: check_is_packed(prefix))
        for version, keras in KERAS.items():
            model = make_model(keras, model_name)
            optimizer = make_optimizer(keras, optimizer_name)

            def restore():
                optimizer.build(model.trainable_variables)
                status = tf.train.Checkpoint(model=model, optimizer=optimizer).restore(prefix)
                if (version, optimizer_name) not in NOT_ASSERTED:
                    status.assert_consumed()
                expect_equal("iterations", int(optimizer.iterations.numpy()), STEPS_BEFORE)

            def go_on():
                expect_losses(cairn, train(model, optimizer, x, y, STEPS_BEFORE, STEPS_AFTER))

            def load_weights(kind):
                fresh = make_model(keras, model_name)
                weights = os.path.join(folder, kind, "w")
                data_files = [name for name in os.listdir(os.path.dirname(weights)) if ".data-" in name]
                assert (len(data_files) > 1) == (kind == "shards"), data_files
                if version == "keras2":
                    fresh.load_weights(weights).assert_consumed()
                else:
                    tf.train.Checkpoint(root=fresh).restore(weights).assert_nontrivial_match()
                expect_predictions(cairn, predict(fresh, x))

            checks.run(f"{version} restores {label} from Cairn", restore)
            checks.run(f"{version} predicts {label} as Cairn", lambda: expect_predictions(cairn, predict(model, x)))
            checks.run(f"{version} goes on with {label} as Cairn", go_on)
            if optimizer_name == "adam":
                checks.run(f"{version} loads the weights of {model_name} from Cairn", lambda: load_weights("weights"))
                checks.run(
                    f"{version} loads the weights of {model_name} from several data files",
                    lambda: load_weights("shards"),
                )


def check_to_cairn(checks, exchange, version, model_name, optimizer_name):
    """What Keras trained and TensorFlow saved goes on in Cairn."""
    keras = KERAS[version]
    with tempfile.TemporaryDirectory() as folder:
        label = f"{model_name} {optimizer_name} from {version}"
        x, y = make_data(model_name)
        write_idx(os.path.join(folder, "x.idx"), x)
        write_idx(os.path.join(folder, "y.idx"), y)
        model = make_model(keras, model_name)
        optimizer = make_optimizer(keras, optimizer_name)
        optimizer.build(model.trainable_variables)
        train(model, optimizer, x, y, 0, STEPS_BEFORE)
        run = os.path.join(folder, "run")
        checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
        tf.train.CheckpointManager(checkpoint, run, max_to_keep=2).save()
        if version == "keras2" and optimizer_name == "adam":
            model.save_weights(os.path.join(folder, "weights", "w"))
        predictions = predict(model, x)
        losses = train(model, optimizer, x, y, STEPS_BEFORE, STEPS_AFTER)

        def read():
            cairn = run_exchange(exchange, "read", folder, model_name, optimizer_config(optimizer_name), run)
            expect_predictions(cairn, predictions)
            expect_losses(cairn, losses)

        def read_weights():
            path = os.path.join(folder, "weights", "w")
            cairn = run_exchange(exchange, "read", folder, model_name, optimizer_config(optimizer_name), path)
            expect_predictions(cairn, predictions)

        checks.run(f"cairn goes on with {label}", read)
        if version == "keras2" and optimizer_name == "adam":
            checks.run(f"cairn loads save_weights of {model_name} from {version}", read_weights)


def files_of(folder):
    return sorted(name[:-6] for name in os.listdir(folder) if name.endswith(".index"))


def check_managers(checks, exchange, version):
    """Both managers take turns in one folder: each removes what is too old."""
    keras = KERAS[version]
    with tempfile.TemporaryDirectory() as folder:
        x, y = make_data("mlp")
        write_idx(os.path.join(folder, "x.idx"), x)
        write_idx(os.path.join(folder, "y.idx"), y)
        managed = os.path.join(folder, "managed")
        model = make_model(keras, "mlp")
        optimizer = make_optimizer(keras, "adam")
        optimizer.build(model.trainable_variables)
        checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)

        def manage():
            return run_exchange(exchange, "manage", folder, "mlp", optimizer_config("adam"))

        def theirs_goes_on():
            cairn = manage()
            expect_equal("files", files_of(managed), ["ckpt-2", "ckpt-3"])
            manager = tf.train.CheckpointManager(checkpoint, managed, max_to_keep=2)
            expect_equal("checkpoints", [os.path.basename(p) for p in manager.checkpoints], ["ckpt-2", "ckpt-3"])
            newest = os.path.join(managed, "ckpt-3")
            expect_equal("latest", tf.train.latest_checkpoint(managed), newest)
            assert not [name for name, _ in tf.train.list_variables(newest) if name.startswith("_CAIRN")]
            checkpoint.restore(manager.latest_checkpoint).assert_consumed()
            expect_equal("save_counter", int(checkpoint.save_counter), 3)
            expect_equal("iterations", int(optimizer.iterations.numpy()), 3)
            expect_predictions(cairn, predict(model, x))
            train(model, optimizer, x, y, 0, 1)
            manager.save()
            expect_equal("files", files_of(managed), ["ckpt-3", "ckpt-4"])

        def ours_goes_on():
            train(model, optimizer, x, y, 0, 1)
            cairn = manage()
            expect_predictions(cairn, predict(model, x))
            expect_equal("files", files_of(managed), ["ckpt-4", "ckpt-5"])
            expect_equal("latest", tf.train.latest_checkpoint(managed), os.path.join(managed, "ckpt-5"))
            checkpoint.restore(os.path.join(managed, "ckpt-5")).assert_consumed()
            expect_equal("save_counter", int(checkpoint.save_counter), 5)
            expect_predictions(cairn, predict(model, x))

        checks.run(f"CheckpointManager of TensorFlow with {version} goes on after Cairn's", theirs_goes_on)
        checks.run(f"CheckpointManager of Cairn goes on after TensorFlow's with {version}", ours_goes_on)


def check_nested(checks, exchange):
    """A Checkpoint within a Checkpoint, which was saved itself or was not."""
    with tempfile.TemporaryDirectory() as folder:

        def make(v, w):
            inner = tf.train.Checkpoint(v=tf.Variable(v))
            return inner, tf.train.Checkpoint(inner=inner, w=tf.Variable(w))

        def theirs_restores():
            run_exchange(exchange, "nested", folder)
            prefix = os.path.join(folder, "nested-1")
            inner, outer = make(0.0, 0.0)
            status = outer.restore(prefix).assert_existing_objects_matched()
            expect_equal("values", [float(inner.v), float(outer.w)], [3, 5])
            # Saving makes the counter, which takes what waits for it.
            saved = inner.save(os.path.join(folder, "inner"))
            expect_equal("saved", os.path.basename(saved), "inner-3")
            status.assert_consumed()
            # Other than that of the user's object, Cairn adds no entry.
            inner, outer = make(0.0, 0.0)
            inner.save(os.path.join(folder, "inner"))
            theirs = outer.save(os.path.join(folder, "theirs"))
            names = [name for name, _ in tf.train.list_variables(prefix) if name != "_CAIRN/state/user.Scount"]
            expect_equal("keys", names, [name for name, _ in tf.train.list_variables(theirs)])

        def ours_restores(inner_saves):
            inner, outer = make(1.5, -2.5)
            for _ in range(inner_saves):
                inner.save(os.path.join(folder, "inner"))
            saved = outer.save(os.path.join(folder, f"outer{inner_saves}"))
            cairn = run_exchange(exchange, "nested", folder, saved)
            expect_equal("values", cairn, {"v": 1.5, "w": -2.5, "inner_saves": inner_saves, "saves": 1})

        checks.run("TensorFlow restores Cairn's Checkpoint within a Checkpoint", theirs_restores)
        checks.run("Cairn restores TensorFlow's Checkpoint within a Checkpoint", lambda: ours_restores(0))
        checks.run("Cairn goes on with the counter of one within", lambda: ours_restores(2))


def check_large(checks, exchange):
    """Tensors that begin on a page, written past the cache into room of others."""
    with tempfile.TemporaryDirectory() as folder:

        def theirs_restores():
            done = subprocess.run([exchange, "large", folder], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            sizes = [200_003, 131_072, 3, 1_000_001]
            checkpoint = tf.train.Checkpoint(**{f"v{size}": tf.Variable(tf.zeros(size)) for size in sizes})
            prefix = os.path.join(folder, "large-3")
            checkpoint.restore(prefix).assert_existing_objects_matched()
            for size in sizes:
                value = getattr(checkpoint, f"v{size}").numpy()
                assert (value == np.arange(size, dtype=np.float32)).all(), size
            expect_equal("files", files_of(folder), ["large-3"])
            compare_tensors(exchange, prefix)

        checks.run("TensorFlow restores Cairn's large variables", theirs_restores)


def compare_tensors(exchange, prefix):
    """All that TensorFlow's reader says of a bundle, Cairn's says too."""
    reader = tf.train.load_checkpoint(prefix)
    dtypes = reader.get_variable_to_dtype_map()
    shapes = reader.get_variable_to_shape_map()
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([exchange, "tensors", folder, prefix], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with open(os.path.join(folder, "tensors.json")) as file:
            entries = json.load(file)
        with open(os.path.join(folder, "tensors.bin"), "rb") as file:
            expect_equal("keys", [e["key"] for e in entries], sorted(dtypes, key=str.encode))
            for entry in entries:
                key = entry["key"]
                expect_equal(f"shape of {key}", entry["shape"], list(shapes[key]))
                expect_equal(f"type of {key}", entry["dtype"], dtypes[key].name)
                if entry["dtype"] == "string":
                    texts = np.ravel(np.asarray(reader.get_tensor(key), dtype=object))
                    ours = [file.read(size) for size in entry["sizes"]]
                    expect_equal(f"texts of {key}", ours, [bytes(text) for text in texts])
                elif entry["read"]:
                    value = np.asarray(reader.get_tensor(key))
                    assert file.read(value.nbytes) == value.tobytes(), f"bytes of {key}"
                else:
                    assert entry["dtype"] in LISTED_ALONE, f"{key}, {entry['dtype']}, was not read"
            assert not file.read(1), "more bytes than tensors"


def check_bundles(checks, exchange, root):
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith(".index"):
                prefix = os.path.join(folder, name[:-6])
                label = os.path.relpath(prefix, root)
                checks.run(f"every tensor of {label}", lambda: compare_tensors(exchange, prefix))


FIXTURES = {
    "seq_adam": ("seq", "Adam", {"learning_rate": 0.002}),
    "legacy_adam": ("opt_mlp", "Adam", {"learning_rate": 0.02}),
    "legacy_amsgrad": ("opt_mlp", "Adam", {"learning_rate": 0.02, "amsgrad": True}),
    "legacy_sgd": ("opt_mlp", "SGD", {"learning_rate": 0.05}),
    "legacy_sgd_momentum": ("opt_mlp", "SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    "legacy_sgd_nesterov": ("opt_mlp", "SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    "mnist_mlp": ("mnist_mlp", "SGD", {"learning_rate": 0.1}),
    "legacy_rmsprop_centered_momentum": (
        "opt_mlp",
        "RMSprop",
        {"learning_rate": 0.02, "momentum": 0.7, "centered": True},
    ),
    "legacy_rmsprop": ("opt_mlp", "RMSprop", {"learning_rate": 0.02}),
    "opt_adam": ("opt_mlp", "Adam", {"learning_rate": 0.02}),
    "opt_amsgrad": ("opt_mlp", "Adam", {"learning_rate": 0.02, "amsgrad": True}),
    "opt_sgd": ("opt_mlp", "SGD", {"learning_rate": 0.05}),
    "opt_sgd_momentum": ("opt_mlp", "SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    "opt_sgd_nesterov": ("opt_mlp", "SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    "opt_rmsprop": ("opt_mlp", "RMSprop", {"learning_rate": 0.02}),
    "opt_rmsprop_centered_momentum": (
        "opt_mlp",
        "RMSprop",
        {"learning_rate": 0.02, "momentum": 0.7, "centered": True},
    ),
}


# Older RMSprop divides by another number than today's in Keras and Cairn: the
# state is the same, its steps are not.
FIRST_LOSS_ALONE = {"legacy_rmsprop", "legacy_rmsprop_centered_momentum"}


def check_fixture(checks, exchange, path, name, expected):
    """A checkpoint that lies in a folder, with what its writer then computed."""
    model_name, class_name, config = FIXTURES[name]
    optimizer = json.dumps({"class_name": class_name, "config": config})
    with tempfile.TemporaryDirectory() as folder:
        x, y = (np.load(os.path.join(path, expected[a])) for a in "xy")
        write_idx(os.path.join(folder, "x.idx"), x.astype("f4"))
        write_idx(os.path.join(folder, "y.idx"), y.astype("f4" if y.dtype.kind == "f" else "u1"))
        label = f"{os.path.basename(os.path.dirname(path))}/{name}"

        def read(checkpoint, losses):
            cairn = run_exchange(exchange, "read", folder, model_name, optimizer, os.path.join(path, checkpoint))
            expect_predictions(cairn, np.ravel(expected["predictions"]["data"]))
            expect_losses(cairn, np.asarray([logs["loss"] for logs in expected["continue"][:losses]]))

        files = expected["files"]
        if "tf_checkpoint" in files:
            losses = 1 if name in FIRST_LOSS_ALONE else 3
            checks.run(f"cairn goes on with {label}", lambda: read("tf_checkpoint", losses))
        if "tf_weights" in files:
            checks.run(f"cairn loads save_weights of {label}", lambda: read(files["tf_weights"], 1))
        if "saved_model" in files:
            variables = os.path.join(files["saved_model"], "variables", "variables")
            checks.run(f"cairn loads the SavedModel's variables of {label}", lambda: read(variables, 1))


def main():
    exchange = os.path.abspath(sys.argv[1])
    checks = Checks()
    for model_name in ("mlp", "cnn"):
        for optimizer_name in OPTIMIZERS:
            check_from_cairn(checks, exchange, model_name, optimizer_name)
            for version in KERAS:
                check_to_cairn(checks, exchange, version, model_name, optimizer_name)
    check_from_cairn(checks, exchange, "deep", "slow_adam")
    for version in KERAS:
        check_managers(checks, exchange, version)
    check_nested(checks, exchange)
    check_large(checks, exchange)
    check_bundles(checks, exchange, os.path.join(os.path.dirname(__file__), "../../tests/testdata"))
    fixtures = os.environ.get("CAIRN_FIXTURES")
    if fixtures:
        check_bundles(checks, exchange, fixtures)
        for writer in sorted(os.listdir(fixtures)):
            described = os.path.join(fixtures, writer, "expected.json")
            if not os.path.exists(described):
                continue
            with open(described) as file:
                models = json.load(file).get("models", {})
            for name in FIXTURES:
                if name in models:
                    check_fixture(checks, exchange, os.path.join(fixtures, writer, name), name, models[name])
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()

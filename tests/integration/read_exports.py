"""read_exports.py - opens what lrsweep exported with the programs that it is for, and compares it with study.db.

usage: read_exports.py CHECK DIR [PATH]...
Ends with status 0, or with a failed assertion. 77: what the check needs is not installed.
"""
import csv
import glob
import json
import math
import os
import sqlite3
import struct
import sys

METRICS = {"val_loss": lambda row: row["val_loss"], "train_loss": lambda row: row["train_loss"],
           "val_error": lambda row: None if row["val_accuracy"] is None else 1 - row["val_accuracy"]}


def rows(directory, sql, *arguments):
    database = sqlite3.connect(f"file:{directory}/study.db?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database.execute(sql, arguments).fetchall()


def value(directory, key):
    found = rows(directory, "select value from study where key = ?", key)
    return found[0][0] if found else None


def same(text, number):
    """A field of a CSV file and a column of the study."""
    return text == "" if number is None else float(text) == number


def check_csv(directory, path):
    with open(f"{path}/trials.csv", newline="", encoding="utf-8") as file:
        raw = file.read()
    assert raw.count("\n") == raw.count("\r\n") + sum(row["message"].count("\n") for row in
                                                      rows(directory, "select message from trial"))
    with open(f"{path}/trials.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file, strict=True))
    expected = rows(directory, "select * from trial order by id")
    assert len(found) == len(expected)
    for row, trial in zip(found, expected):
        assert None not in row and None not in row.values(), "every row has as many fields as the header"
        for name in ("state", "verdict", "schedule", "message"):
            assert row[name] == trial[name], (name, row[name], trial[name])
        for name in ("bracket", "rung", "parent", "seed", "step", "lr", "metric", "final", "started", "ended"):
            assert same(row[name], trial[name]), (name, row[name], trial[name])
        assert float(row["params.lr"]) == json.loads(trial["params"])["lr"]
    with open(f"{path}/reports.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file, strict=True))
    expected = rows(directory, "select * from report order by trial, step")
    assert len(found) == len(expected) > 0
    for row, report in zip(found, expected):
        for name in ("trial", "step", "epoch", "train_loss", "val_loss", "val_accuracy", "lr", "grad_norm", "seconds"):
            assert same(row[name], report[name]), (name, row[name], report[name])


def check_json(directory, path):
    def refuse(text):
        raise AssertionError(f"{text} is no JSON")
    with open(path, encoding="utf-8") as file:
        study = json.load(file, parse_constant=refuse)
    trials = rows(directory, "select * from trial order by id")
    assert [trial["id"] for trial in study["trials"]] == [trial["id"] for trial in trials]
    for found, trial in zip(study["trials"], trials):
        for name in ("state", "verdict", "lr", "metric", "final", "message", "step"):
            assert found[name] == trial[name], (name, found[name], trial[name])
        assert found["params"] == json.loads(trial["params"])
        reports = rows(directory, "select * from report where trial = ? order by step", trial["id"])
        for name in ("step", "train_loss", "val_loss", "lr", "seconds"):
            assert found["reports"][name] == [report[name] for report in reports]
    events = rows(directory, "select * from event order by seq")
    assert [(event["seq"], event["kind"], event["text"]) for event in study["events"]] == \
        [(event["seq"], event["kind"], event["text"]) for event in events]
    assert study["summary"]["counts"]["complete"] == sum(trial["state"] == "complete" for trial in trials)
    assert study["document"] == json.loads(value(directory, "document"))


# --- TensorBoard's files, read without TensorBoard ------------------------------------------------------------

def crc32c(data):
    """By its definition, as a remainder of polynomials: another way than the program's."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    assert crc32c(b"123456789") == 0xE3069283  # the check value of every catalogue of CRCs
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        length, crc = struct.unpack_from("<QI", data, at)
        assert crc == masked(data[at:at + 8]), "the checksum of the length"
        content = data[at + 12:at + 12 + length]
        assert struct.unpack_from("<I", data, at + 12 + length)[0] == masked(content), "the checksum of the data"
        yield content
        at += 16 + length


def fields(data):
    """The fields of a protobuf message: {number: [value, ...]}."""
    found, at = {}, 0

    def varint(at):
        number = shift = 0
        while True:
            byte = data[at]
            number |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return number, at
    while at < len(data):
        tag, at = varint(at)
        wire = tag & 7
        if wire == 0:
            content, at = varint(at)
        else:
            length = {1: 8, 5: 4}.get(wire)
            if length is None:
                assert wire == 2
                length, at = varint(at)
            content = data[at:at + length]
            at += length
            if wire == 1:
                content = struct.unpack("<d", content)[0]
            elif wire == 5:
                content = struct.unpack("<f", content)[0]
        found.setdefault(tag >> 3, []).append(content)
    return found


def single(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def check_tensorboard(directory, path):
    trials = rows(directory, "select * from trial order by id")
    assert len(glob.glob(f"{path}/trial-*")) == len(trials)
    for trial in trials:
        [name] = glob.glob(f"{path}/trial-{trial['id']:06}/events.out.tfevents.*")
        events = [fields(record) for record in records(name)]
        assert events[0][3] == [b"brain.Event:2"]
        scalars, session = {}, None
        for event in events[1:]:
            for summary in event[5]:
                for entry in fields(summary)[1]:
                    entry = fields(entry)
                    tag = entry[1][0].decode()
                    if 2 in entry:
                        scalars.setdefault(tag, []).append((event[2][0], entry[2][0]))
                    elif tag == "_hparams_/session_start_info":
                        session = fields(fields(fields(fields(entry[9][0])[1][0])[2][0])[3][0])
        reports = rows(directory, "select * from report where trial = ? order by step", trial["id"])
        losses = [(step, loss) for step, loss in scalars.get("loss/train", [])]
        assert len(losses) == len(reports)
        for (step, loss), report in zip(losses, reports):
            assert step == report["step"]
            assert math.isnan(loss) if report["train_loss"] is None else loss == single(report["train_loss"])
        assert [step for step, _ in scalars.get("accuracy/validation", [])] == \
            [report["step"] for report in reports if report["val_accuracy"] is not None]
        hparams = {fields(entry)[1][0].decode(): fields(fields(entry)[2][0]) for entry in session[1]}
        assert hparams["lr"][2] == [trial["lr"]]
        assert hparams["schedule"][3] == [trial["schedule"].encode()]


def check_tensorboard_itself(directory, path):
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        from tensorboard.plugins.hparams import plugin_data_pb2
    except ImportError as error:
        print(error)
        sys.exit(77)
    for trial in rows(directory, "select * from trial order by id"):
        run = EventAccumulator(f"{path}/trial-{trial['id']:06}", size_guidance={"scalars": 0})
        run.Reload()
        reports = rows(directory, "select * from report where trial = ? order by step", trial["id"])
        if reports:
            assert [event.step for event in run.Scalars("loss/train")] == [report["step"] for report in reports]
            assert [event.value for event in run.Scalars("lr")] == [single(report["lr"]) for report in reports]
        content = run.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
        session = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
        assert session.hparams["lr"].number_value == trial["lr"]
        assert trial["message"][:40] in run.Tensors("why")[0].tensor_proto.string_val[0].decode()
    run = EventAccumulator(path)
    run.Reload()
    content = run.SummaryMetadata("_hparams_/experiment").plugin_data.content
    experiment = plugin_data_pb2.HParamsPluginData.FromString(content).experiment
    assert {info.name for info in experiment.hparam_infos} >= {"lr", "schedule"}
    assert {info.name.tag for info in experiment.metric_infos} == {"result/best", "result/final"}


# --- Optuna -----------------------------------------------------------------------------------------------------

STATES = {"complete": "COMPLETE", "stopped": "PRUNED", "diverged": "PRUNED", "failed": "FAIL",
          "waiting": "WAITING", "running": "RUNNING", "paused": "RUNNING"}


def check_optuna(directory, path):
    try:
        import optuna
    except ImportError as error:
        print(error)
        sys.exit(77)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name=None, storage=f"sqlite:///{path}")
    document = json.loads(value(directory, "document"))
    trials = rows(directory, "select * from trial where repeat = 0 order by id")
    metric = METRICS[document["study"]["metric"]]
    assert study.study_name == document["study"]["name"]
    assert study.direction.name == "MINIMIZE"
    assert [trial.number for trial in study.trials] == list(range(len(trials)))
    for found, trial in zip(study.trials, trials):
        assert found.state.name == STATES[trial["state"]], (found.state, trial["state"])
        assert found.user_attrs["trial"] == trial["id"]
        assert found.user_attrs["verdict"] == trial["verdict"] and found.user_attrs["reason"] == trial["message"]
        assert found.user_attrs["params"] == json.loads(trial["params"])
        if trial["state"] == "complete":
            assert found.value == trial["final"]
        expected = {}
        for report in rows(directory, "select * from report where trial = ? order by step", trial["id"]):
            lost = report["finite"] == 0 and report["train_loss"] is not None  # a val_loss that is not finite
            if report["val_loss"] is not None or lost or document["study"]["metric"] == "train_loss":
                expected[report["step"]] = metric(report)
        if trial["state"] == "diverged":
            expected.setdefault(trial["step"], None)
        assert found.intermediate_values.keys() == expected.keys()
        for step, number in expected.items():
            read = found.intermediate_values[step]
            assert math.isnan(read) if number is None else read == number
        params = found.params if trial["state"] != "waiting" else found.system_attrs["fixed_params"]
        if isinstance(document["space"].get("lr"), dict):
            assert params["lr"] == trial["lr"]
        if len(document["space"].get("schedule", [])) > 1:
            assert params["schedule"].split("[")[0] == trial["schedule"]
        for name, distribution in found.distributions.items():
            assert distribution._contains(distribution.to_internal_repr(found.params[name])), name
    complete = [trial for trial in trials if trial["state"] == "complete"]
    if complete:
        best = min(complete, key=lambda trial: (trial["final"], trial["id"]))
        assert study.best_trial.user_attrs["trial"] == best["id"] and study.best_value == best["final"]
        space = optuna.search_space.intersection_search_space(study.trials) if hasattr(optuna, "search_space") \
            else optuna.samplers.intersection_search_space(study)
        assert "lr" in space or not isinstance(document["space"].get("lr"), dict)
    try:
        import plotly  # noqa: F401
        figure = optuna.visualization.plot_intermediate_values(study)
        assert len(figure.data) == sum(len(trial.intermediate_values) > 0 and trial.state.name != "RUNNING"
                                       for trial in study.trials), len(figure.data)
        print(optuna.__version__, "and its plot")
    except ImportError:
        print(optuna.__version__)
    # The search can go on there: another trial is asked for and told.
    trial = study.ask()
    if trial.params or len(trials) == 0 or all(row["state"] != "waiting" for row in trials):
        study.tell(trial, 1.0)


# --- PyTorch ------------------------------------------------------------------------------------------------------

def check_schedule(directory, path, number):
    """The rates of a Python snippet are those that the trainer used, step by step; PyTorch is not needed."""
    with open(path, encoding="utf-8") as file:
        code = file.read().split("from collections")[0]
    names = {}
    exec(code, names)  # what the program under test wrote
    reports = rows(directory, "select step, lr from report where trial = ? order by step", int(number))
    assert len(reports) > 0
    for report in reports:
        rate = names["learning_rate"](report["step"] - 1)
        assert abs(rate - report["lr"]) <= 1e-12 * abs(report["lr"]) + 1e-300, (report["step"], rate, report["lr"])


def idx(path):
    import gzip
    import numpy
    opened = gzip.open(path) if path.endswith(".gz") else open(path, "rb")
    with opened as file:
        data = file.read()
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape)


def read_weights(path):
    """By safetensors' own reader, or else by the format's definition."""
    import torch
    try:
        from safetensors import safe_open
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata(), "safetensors"
    except ImportError:
        pass
    import numpy
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__")
    types = {"F32": numpy.float32, "I64": numpy.int64}
    tensors = {name: torch.tensor(numpy.frombuffer(data[8 + length:], types[entry["dtype"]], offset=entry["data_offsets"][0],
                                                   count=math.prod(entry["shape"])).reshape(entry["shape"]))
               for name, entry in header.items()}
    return tensors, metadata, "the format's definition"


def run_snippet(path):
    """The names that an exported file defines; ends the check where PyTorch or numpy is missing."""
    try:
        import numpy, torch  # noqa: E401, F401
    except ImportError as error:
        print(error)
        sys.exit(77)
    names = {"__name__": "exported"}
    with open(path, encoding="utf-8") as file:
        exec(file.read(), names)
    return names


def check_torch(directory, path, images, accuracy):
    """The model of the snippet with the weights of the run has the accuracy that the run told."""
    names = run_snippet(path)
    import numpy
    import torch
    weights, metadata, reader = read_weights(f"{directory}/best.safetensors")
    model = names["model"]
    model.load_state_dict(weights)
    model.eval()
    features = torch.tensor(idx(glob.glob(f"{images}/t10k-images-idx3-ubyte*")[0]).astype(numpy.float32) / 255)
    labels = idx(glob.glob(f"{images}/t10k-labels-idx1-ubyte*")[0])
    with torch.no_grad():
        outputs = model(features.reshape(len(labels), 1, 28, 28))
        # Evaluations smooth no labels.
        loss = torch.nn.CrossEntropyLoss()(outputs, torch.tensor(labels.astype(numpy.int64))).item()
    found = float((outputs.argmax(1).numpy() == labels).mean())
    assert abs(found - float(accuracy)) < 2.5e-4, (found, accuracy)  # sums in another order: a sample or two
    assert metadata["study_name"] == json.loads(value(directory, "document"))["study"]["name"]
    assert int(metadata["trial"]) == int(value(directory, "recommended"))
    assert float(metadata["test_accuracy"]) == float(accuracy)
    best = rows(directory, "select * from trial where id = ?", int(metadata["trial"]))[0]
    assert (float(metadata["lr"]), int(metadata["seed"]), int(metadata["step"])) == (best["lr"], best["seed"], best["step"])
    assert json.loads(metadata["params"]) == json.loads(best["params"])
    assert abs(loss - float(metadata["test_loss"])) < 1e-4
    # One step with the optimizer and the schedule.
    rate = names["optimizer"].param_groups[0]["lr"]
    assert rate == names["learning_rate"](0), rate
    names["train_step"](features[:names["BATCH_SIZE"]].reshape(-1, 1, 28, 28),
                        torch.tensor(labels[:names["BATCH_SIZE"]].astype(numpy.int64)))
    print("read by", reader)


def check_torch_runs(directory, path):
    """The code of a snippet runs: a step of training, in which the weights of each layer move at its own rate."""
    names = run_snippet(path)
    import torch
    inputs = torch.randn(names["BATCH_SIZE"], 784)
    names["train_step"](inputs, torch.randint(0, 10, (names["BATCH_SIZE"],)))
    best = rows(directory, "select params from trial where id = (select value from study where key = 'recommended')")
    params = json.loads(best[0]["params"])
    rates = sorted(group["lr"] for group in names["optimizer"].param_groups)
    multiplier = params["lr_multiplier"][0]["value"] * params["layer_decay"]
    # Each layer has a matrix and a bias; the schedule has moved on by a step.
    expected = sorted(rate * names["learning_rate"](1) for rate in (1, 1, multiplier, multiplier))
    assert all(abs(found - rate) < 1e-12 for found, rate in zip(rates, expected)), (rates, expected)


if __name__ == "__main__":
    globals()[f"check_{sys.argv[1]}"](*sys.argv[2:])

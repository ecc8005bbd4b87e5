"""Logs, with the real client, what the tests of the candidate's page look at. Prints the run ids as its last line, in JSON."""

import json
import math
import os
import tempfile
import zlib
from struct import pack

import mlflow
import mlflow.sklearn
import numpy
from mlflow.entities import Metric, Param
from mlflow.models.signature import infer_signature
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression

START = 1_660_000_000_000  # 2022-08-08, ms
ATTACK = "<img src=x onerror=\"document.documentElement.dataset.attacked='yes'\"><script>document.documentElement.dataset.attacked='yes'</script>"
client = MlflowClient()
ids = {}


def run(experiment, name, metrics=(), params=(), tags=(), parent=None, status="FINISHED"):
    about = {"mlflow.runName": name, "mlflow.user": "ada", **dict(tags)}
    if parent is not None:
        about["mlflow.parentRunId"] = ids[parent]
    run_id = client.create_run(experiment, start_time=START, tags=about).info.run_id
    ids[name] = run_id
    for at in range(0, len(metrics), 500):
        client.log_batch(run_id, [Metric(key, value, START + 1000, 7) for key, value in metrics[at : at + 500]])
    client.log_batch(run_id, params=[Param(key, value) for key, value in params])
    if status != "RUNNING":
        client.set_terminated(run_id, status, end_time=START + 61_500)
    return run_id


def files(run_id, contents):
    with tempfile.TemporaryDirectory() as folder:
        for path, content in contents.items():
            whole = os.path.join(folder, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
        client.log_artifacts(run_id, folder)


def png(width, height):
    def chunk(kind, data):
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x34\x55\xc9" * width for _ in range(height))
    head = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


vineyard = client.create_experiment("vineyard")
ids["experiment"] = vineyard

run(
    vineyard,
    "full",
    [("loss", 0.1 + 0.2), ("never", math.nan), ("beyond", math.inf), ("val/accuracy", 0.9375)],
    [("depth", "7"), ("grid", "long " * 60)],
    {
        "season": "late",
        "mlflow.note.content": "Tuned on **wine**.",
        "mlflow.source.name": "train.py",
        "mlflow.source.git.commit": "8f14e45fceea167a5a36dedd4bea2543ab12cd34",
        "gitlab.CI_JOB_ID": "4711",
    },
)
files(
    ids["full"],
    {
        "notes.txt": "first line\nsecond line\n",
        "config.json": '{"rate":0.10,"big":12345678901234567890,"nested":{"list":[1,2],"none":[]},"worst":NaN}',
        "table.csv": "id,name,score\n" + "".join(f'{i},"row {i}, quoted",{i / 8}\n' for i in range(5000)),
        "report.md": "# Findings\n\nIt is **good**.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n",
        "page.html": "<style>h1 { color: rgb(1, 2, 3) }</style><h1>Shown</h1><script>document.title = 'ran'; parent.document.title = 'ran'</script>",
        "picture.png": png(48, 32),
        "drawing.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill="teal"/></svg>',
        "broken.png": "no picture",
        "large.log": "0123456789 abcdefghij klmnopqrst\n" * 50_000,
        "weights.bin": bytes(range(256)) * 64,
        "README": "text without an ending\n",
        "empty.txt": "",
        "deep/deeper/deepest/end.txt": "the end",
        "deep/beside.txt": "beside",
    },
)
features = numpy.array([[0.1, 1.0], [0.2, 3.0], [0.9, 1.5], [0.8, 2.0]])
classes = numpy.array([0, 0, 1, 1])
with mlflow.start_run(run_id=ids["full"]):
    mlflow.sklearn.log_model(
        LogisticRegression().fit(features, classes),
        "classifier",
        signature=infer_signature(features, classes),
        pip_requirements=["scikit-learn"],
    )
client.set_terminated(ids["full"], "FINISHED", end_time=START + 61_500)

run(vineyard, "wide", [(f"metric {number:04}", number / 7) for number in range(1000)])
run(vineyard, "bare", status="RUNNING")
run(vineyard, "parent")
for number in range(3):
    run(vineyard, f"child {number}", parent="parent")
for name in ["to change", "to delete", "to tag"]:
    run(vineyard, name)

elsewhere = client.create_experiment("elsewhere", artifact_location="s3://bucket/elsewhere")
run(elsewhere, "kept elsewhere")

run(
    vineyard,
    f"hostile {ATTACK}",
    [("loss", 1)],
    [("text", ATTACK)],
    {
        "note": ATTACK,
        "mlflow.user": ATTACK,
        "mlflow.source.name": ATTACK,
        "mlflow.source.git.repoURL": "javascript:document.documentElement.dataset.attacked='yes'",
        "mlflow.source.git.commit": ATTACK,
        "mlflow.note.content": f"{ATTACK}\n\n[click](javascript:document.documentElement.dataset.attacked='yes')",
        "gitlab.CI_JOB_ID": "1",
        "mlflow.log-model.history": json.dumps(
            [
                {
                    "artifact_path": ATTACK.replace("/", "|"),
                    "utc_time_created": ATTACK,
                    "run_id": "x",
                    "flavors": {ATTACK: {"loader_module": ATTACK}, "python_function": {"python_version": ATTACK}},
                    "signature": {"inputs": json.dumps([{"name": ATTACK, "type": ATTACK}])},
                }
            ]
        ),
    },
)
ids["hostile"] = ids.pop(f"hostile {ATTACK}")
run(vineyard, f"child of {ATTACK}", parent="hostile")
NAME = ATTACK.replace("/", "|")
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload=\"top.document.documentElement.dataset.attacked='yes'\"><script>top.document.documentElement.dataset.attacked='yes'</script><rect width='9' height='9'/></svg>"
LEAVE = "<meta http-equiv='refresh' content='0;url=https://example.org/'><form action='https://example.org/'><button>go</button></form><img src='https://example.org/x.png'><script>top.location='https://example.org/';top.document.documentElement.dataset.attacked='yes'</script>"
files(
    ids["hostile"],
    {
        f"{NAME}.txt": ATTACK,
        f"{NAME}/inside.txt": ATTACK,
        "page.html": ATTACK + LEAVE,
        "drawing.svg": SVG,
        "report.md": f"{ATTACK}\n\n[click](javascript:document.documentElement.dataset.attacked='yes')\n\n![far](https://example.org/x.png)",
        "data.json": json.dumps({ATTACK: [ATTACK]}),
        "table.csv": f'"{ATTACK.replace(chr(34), chr(34) * 2)}",b\n"{ATTACK.replace(chr(34), chr(34) * 2)}",=1+1\n',
        "picture.png": SVG,
        "model/MLmodel": "flavors: !!python/object/apply:os.system ['true']\n",
    },
)

print(json.dumps(ids))

import json
from pathlib import Path

import matplotlib.pyplot as plt
import mlflow
import mlflow.artifacts
import numpy as np
import pytest


def tree(folder):
    """Every file below a folder: relative path → content."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in Path(folder).rglob("*") if file.is_file()}


def listing(client, run, path=None):
    return [(file.path, file.is_dir, file.file_size) for file in client.list_artifacts(run, path)]


@pytest.fixture
def folder(tmp_path):
    """A directory as a training script might leave it."""
    source = tmp_path / "source"
    for name, content in {
        "top.txt": b"top",
        "a/one.bin": bytes(range(256)) * 40,
        "a/b/c/deep.txt": "tief: größe".encode(),
        "with space/plus+percent%.txt": b"signs",
        "日本/été.txt": b"unicode",
        "empty.dat": b"",
    }.items():
        file = source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return source


def test_log_artifact(client, run, folder):
    client.log_artifact(run, str(folder / "top.txt"))
    client.log_artifact(run, str(folder / "a" / "one.bin"), artifact_path="some/where")
    assert listing(client, run) == [("some", True, None), ("top.txt", False, 3)]
    assert listing(client, run, "some/where") == [("some/where/one.bin", False, 10240)]
    fetched = client.download_artifacts(run, "some/where/one.bin")
    assert Path(fetched).read_bytes() == bytes(range(256)) * 40


def test_log_artifact_again_replaces_it(client, run, tmp_path):
    file = tmp_path / "f.txt"
    for text in ("first, and longer", "second"):
        file.write_text(text)
        client.log_artifact(run, str(file))
    assert Path(client.download_artifacts(run, "f.txt")).read_text() == "second"
    assert listing(client, run) == [("f.txt", False, 6)]


@pytest.mark.parametrize("path", [None, "sub", "a/b/c"])
def test_log_artifacts_of_a_directory(client, run, folder, path):
    client.log_artifacts(run, str(folder), artifact_path=path)
    fetched = client.download_artifacts(run, path or "")
    assert tree(fetched) == tree(folder)
    prefix = "" if path is None else f"{path}/"
    assert [item[:2] for item in listing(client, run, path)] == [
        (f"{prefix}a", True),
        (f"{prefix}empty.dat", False),
        (f"{prefix}top.txt", False),
        (f"{prefix}with space", True),
        (f"{prefix}日本", True),
    ]
    assert listing(client, run, f"{prefix}a/b/c") == [(f"{prefix}a/b/c/deep.txt", False, 13)]


def test_log_a_directory_by_log_artifact(client, run, folder):
    client.log_artifact(run, str(folder / "a"), artifact_path="below")
    assert tree(client.download_artifacts(run, "below/a")) == tree(folder / "a")


def test_fluent_artifacts(client, experiment, folder):
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(folder / "top.txt"), "x")
        mlflow.log_artifacts(str(folder / "a"), "y")
        assert mlflow.get_artifact_uri("x").endswith("/artifacts/x")
    fetched = mlflow.artifacts.download_artifacts(artifact_uri=f"runs:/{run.info.run_id}/y")
    assert tree(fetched) == tree(folder / "a")
    fetched = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="x/top.txt")
    assert Path(fetched).read_text() == "top"


def test_text_and_dict(client, experiment):
    with mlflow.start_run() as run:
        mlflow.log_text("größe 🍷\n", "notes/deep/er.txt")
        mlflow.log_dict({"a": [1, 2.5, "ü"]}, "data/a.json")
        mlflow.log_dict({"a": [1, 2]}, "data/a.yaml")
    fetch = lambda path: Path(client.download_artifacts(run.info.run_id, path)).read_text(encoding="utf-8")
    assert fetch("notes/deep/er.txt") == "größe 🍷\n"
    assert json.loads(fetch("data/a.json")) == {"a": [1, 2.5, "ü"]}
    assert "- 1" in fetch("data/a.yaml")


def test_figure_and_image(client, experiment):
    from PIL import Image

    pixels = (np.arange(20 * 30 * 3) % 256).reshape(20, 30, 3).astype(np.uint8)
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_figure(figure, "plots/line.pdf")
        mlflow.log_image(pixels, "images/noise.png")
    plt.close(figure)
    run_id = run.info.run_id
    assert Path(client.download_artifacts(run_id, "plots/line.png")).read_bytes().startswith(b"\x89PNG")
    assert Path(client.download_artifacts(run_id, "plots/line.pdf")).read_bytes().startswith(b"%PDF")
    assert np.array_equal(np.asarray(Image.open(client.download_artifacts(run_id, "images/noise.png"))), pixels)


def test_the_artifacts_of_nothing(client, run):
    assert listing(client, run) == []
    assert listing(client, run, "no/such/directory") == []


def test_a_missing_artifact_is_an_error(client, run):
    with pytest.raises(Exception):
        client.download_artifacts(run, "no/such/file.txt")


def test_a_larger_file(client, run, tmp_path):
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(range(256)) * (20 * 4096))
    client.log_artifact(run, str(file))
    assert listing(client, run) == [("large.bin", False, 20 << 20)]
    assert Path(client.download_artifacts(run, "large.bin")).read_bytes() == file.read_bytes()


def test_runs_do_not_share_artifacts(client, experiment, tmp_path):
    file = tmp_path / "f.txt"
    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    for run in runs:
        file.write_text(run)
        client.log_artifact(run, str(file))
    for run in runs:
        assert Path(client.download_artifacts(run, "f.txt")).read_text() == run


def test_an_experiment_with_a_location_of_its_own(client, name, tmp_path):
    experiment = client.create_experiment(name, artifact_location=f"mlflow-artifacts:/own/{name}")
    run = client.create_run(experiment)
    assert run.info.artifact_uri == f"mlflow-artifacts:/own/{name}/{run.info.run_id}/artifacts"
    file = tmp_path / "f.txt"
    file.write_text("own")
    client.log_artifact(run.info.run_id, str(file), "dir")
    assert listing(client, run.info.run_id, "dir") == [("dir/f.txt", False, 3)]
    assert Path(client.download_artifacts(run.info.run_id, "dir/f.txt")).read_text() == "own"

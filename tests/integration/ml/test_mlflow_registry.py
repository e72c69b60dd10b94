"""The registry on a real MLflow store."""

import errno
import hashlib
from pathlib import Path

import pytest
from mlflow import MlflowClient

from algotrendy.errors import (
    InternalError,
    InvalidArgumentError,
    ModelNotFoundError,
    StorageFullError,
)
from algotrendy.ml.adapters.mlflow_registry import MlflowRegistry
from algotrendy.ml.model import Quality, TrainedModel
from algotrendy.storage.data_folder import DataFolder
from algotrendy.storage.file_system import LocalFileSystem
from algotrendy.testing.ml import training_terms

pytestmark = pytest.mark.integration

TERMS = training_terms()


def trained(graph: bytes, sha256: str | None = None) -> TrainedModel:
    return TrainedModel(
        graph=graph,
        artifact_sha256=sha256 or hashlib.sha256(graph).hexdigest(),
        train_start_time_ns=1,
        train_end_time_ns=2,
        train_row_count=3,
        quality=Quality(4, 5, 6, auc=0.61, log_loss=0.68, accuracy=0.57, base_rate=0.5),
        export_difference=1e-7,
        training_fingerprint="f" * 64,
    )


def open_registry(folder: DataFolder) -> MlflowRegistry:
    return MlflowRegistry(
        folder.models, lambda name, content: folder.write(f"models/{name}", content)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    # One for all: making its tables takes seconds.
    return DataFolder(tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def registry(folder: DataFolder) -> MlflowRegistry:
    return open_registry(folder)


def test_a_model_comes_back_as_it_was_registered(
    registry: MlflowRegistry, folder: DataFolder
) -> None:
    model = registry.register(trained(b"graph"), TERMS, "training-1", 7)
    assert model.model_id == "spy_5d-1"
    assert (model.features, model.create_time_ns) == (TERMS.features, 7)
    for opened in (registry, open_registry(folder)):
        assert opened.get("spy_5d-1") == model
        assert opened.graph("spy_5d-1") == b"graph"
        assert opened.find("spy_5d", "training-1") == model


def test_each_training_makes_the_next_version_of_its_name(registry: MlflowRegistry) -> None:
    terms = training_terms(name="versions")
    models = [
        registry.register(trained(graph), terms, f"v-{number}", number)
        for number, graph in enumerate([b"a", b"b", b"c"])
    ]
    assert [model.version for model in models] == [1, 2, 3]
    assert registry.graph("versions-2") == b"b"
    assert registry.find("versions", "v-2") == models[2]
    assert registry.find("versions", "v-9") is None


def test_models_come_in_pages_newest_first(tmp_path: Path, registry: MlflowRegistry) -> None:
    newest = registry.register(trained(b"z"), training_terms(name="pages"), "p", 1)
    first, token = registry.list(1, "")
    assert list(first) == [newest]
    second, _ = registry.list(1, token)
    assert list(second) != [newest]
    with pytest.raises(InvalidArgumentError):
        registry.list(1, "no token of ours")


@pytest.mark.parametrize("model_id", ["nobody-1", "spy_5d-999", "spy_5d", "x' or 1=1 --1"])
def test_an_unknown_model_is_not_found(registry: MlflowRegistry, model_id: str) -> None:
    for read in (registry.get, registry.graph):
        with pytest.raises(ModelNotFoundError):
            read(model_id)


def test_a_damaged_graph_is_not_served(registry: MlflowRegistry) -> None:
    terms = training_terms(name="damaged")
    registry.register(trained(b"graph", sha256="0" * 64), terms, "d", 1)
    with pytest.raises(InternalError, match="damaged"):
        registry.graph("damaged-1")


class FullDisk(LocalFileSystem):
    """A disk without room for a graph."""

    def write(self, path: Path, content: bytes, mode: int) -> None:
        if path.suffix == ".onnx":
            raise OSError(errno.ENOSPC, "injected")
        super().write(path, content, mode)


def test_a_full_disk_registers_nothing(registry: MlflowRegistry, folder: DataFolder) -> None:
    terms = training_terms(name="full")
    with pytest.raises(StorageFullError):
        open_registry(DataFolder(folder.path, FullDisk())).register(trained(b"g"), terms, "f", 1)
    assert registry.find("full", "f") is None
    assert registry.register(trained(b"g"), terms, "f", 1).version == 1


def test_its_metrics_can_be_read_with_mlflow(registry: MlflowRegistry, folder: DataFolder) -> None:
    client = MlflowClient(f"sqlite:///{folder.models / 'mlflow.db'}")
    registry.register(trained(b"g"), training_terms(name="metrics"), "m", 1)
    run_id = client.get_model_version("metrics", "1").run_id
    assert run_id is not None
    run = client.get_run(run_id)
    assert run.data.metrics["auc"] == 0.61
    assert run.data.params["num_iterations"] == "20"
    names = [artifact.path for artifact in client.list_artifacts(run_id)]
    assert names == ["model.json", "model.onnx"]

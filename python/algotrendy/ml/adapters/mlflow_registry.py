"""The registry in MLflow: runs with parameters and metrics, versions of registered models, files.

Importing MLflow and making its tables take seconds each; import this module on a thread.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

# Before the import, which reads them: no calls home, no search for a git executable.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from algotrendy.errors import InternalError, InvalidArgumentError
from algotrendy.ml.model import (
    Feature,
    Model,
    Quality,
    TrainedModel,
    TrainingTerms,
    split_model_id,
    unknown_model,
)

_EXPERIMENT = "algotrendy"
_TRAINING_TAG = "algotrendy.training_id"
_GRAPH_FILE = "model.onnx"
_MODEL_FILE = "model.json"
_ARTIFACTS = "artifacts"
# MLflow's codes for what a caller can have caused.
_UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
_EXISTS = "RESOURCE_ALREADY_EXISTS"
_INVALID = "INVALID_PARAMETER_VALUE"


class MlflowRegistry:
    """Models in a folder: `mlflow.db` (SQLite) and `artifacts/`.

    A version is made last: what a crash leaves behind is a run that nothing refers to.

    Parameters
    ----------
    folder : Path
        An absolute path; it exists.
    write : callable of (path below the folder, content)
        Replaces a file, all or nothing, and syncs it.
    """

    def __init__(self, folder: Path, write: Callable[[str, bytes], object]) -> None:
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        uri = f"sqlite:///{folder / 'mlflow.db'}"
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        self._folder = folder
        self._write = write
        self._experiment_id = self._experiment()

    def register(
        self, trained: TrainedModel, terms: TrainingTerms, training_id: str, create_time_ns: int
    ) -> Model:
        """See `Registry`."""
        self._create_name(terms.name)
        run = self._record_run(trained, terms, create_time_ns)
        described = _describe(trained, terms, create_time_ns)
        self._artifacts(run.info.run_id).mkdir(parents=True, exist_ok=True)
        self._write_artifact(run, _GRAPH_FILE, trained.graph)
        self._write_artifact(run, _MODEL_FILE, json.dumps(described, indent=2).encode())
        self._client.set_terminated(run.info.run_id)
        version = self._client.create_model_version(
            terms.name,
            source=run.info.artifact_uri,
            run_id=run.info.run_id,
            tags={_TRAINING_TAG: training_id},
            # There is nothing to wait for: the files are there.
            await_creation_for=0,
        )
        return _model(terms.name, int(version.version), described)

    def find(self, name: str, training_id: str) -> Model | None:
        """See `Registry`."""
        found = self._client.search_model_versions(
            f"name = '{name}' and tags.`{_TRAINING_TAG}` = '{training_id}'", max_results=1
        )
        return self._read(found[0]) if found else None

    def get(self, model_id: str) -> Model:
        """See `Registry`."""
        return self._read(self._version(model_id))

    def graph(self, model_id: str) -> bytes:
        """See `Registry`."""
        version = self._version(model_id)
        graph = (self._artifacts(version.run_id) / _GRAPH_FILE).read_bytes()
        expected = self._read(version).artifact_sha256
        if (found := hashlib.sha256(graph).hexdigest()) != expected:
            raise InternalError(
                f"The graph of {model_id} is damaged.",
                model_id=model_id,
                expected=expected,
                found=found,
            )
        return graph

    def list(self, page_size: int, page_token: str) -> tuple[Sequence[Model], str]:
        """See `Registry`."""
        try:
            page = self._client.search_model_versions(
                max_results=page_size,
                order_by=["creation_timestamp DESC"],
                page_token=page_token or None,
            )
        except MlflowException as error:
            if error.error_code != _INVALID:
                raise
            raise InvalidArgumentError(
                "page_token is none that this service gave.", field="page_token", value=page_token
            ) from error
        token = page.token or ""
        # Of bytes in the SQL store, whatever its annotation says.
        return [self._read(version) for version in page], (
            token.decode() if isinstance(token, bytes) else token
        )

    def _artifacts(self, run_id: str | None) -> Path:
        # Where MLflow expects them, below this folder: it may have been moved since.
        return self._folder / _ARTIFACTS / str(run_id) / "artifacts"

    def _write_artifact(self, run: Run, name: str, content: bytes) -> None:
        path = self._artifacts(run.info.run_id) / name
        self._write(str(path.relative_to(self._folder)), content)

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(_EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        location = (self._folder / _ARTIFACTS).as_uri()
        return str(self._client.create_experiment(_EXPERIMENT, location))

    def _create_name(self, name: str) -> None:
        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != _EXISTS:
                raise

    def _record_run(self, trained: TrainedModel, terms: TrainingTerms, time_ns: int) -> Run:
        run = self._client.create_run(
            self._experiment_id, start_time=time_ns // 1_000_000, run_name=terms.name
        )
        parameters = {
            **terms.learner_parameters(),
            "seed": terms.seed,
            "horizon_bars": terms.horizon_bars,
            "symbols": ",".join(terms.symbols),
        }
        metrics = {
            "auc": trained.quality.auc,
            "log_loss": trained.quality.log_loss,
            "accuracy": trained.quality.accuracy,
            "base_rate": trained.quality.base_rate,
            "export_difference": trained.export_difference,
        }
        self._client.log_batch(
            run.info.run_id,
            params=[Param(name, str(value)) for name, value in parameters.items()],
            metrics=[
                Metric(name, value, time_ns // 1_000_000, 0) for name, value in metrics.items()
            ],
        )
        return run

    def _version(self, model_id: str) -> ModelVersion:
        name, version = split_model_id(model_id)
        try:
            return self._client.get_model_version(name, str(version))
        except MlflowException as error:
            if error.error_code != _UNKNOWN:
                raise
            raise unknown_model(model_id) from error

    def _read(self, version: ModelVersion) -> Model:
        described = json.loads((self._artifacts(version.run_id) / _MODEL_FILE).read_bytes())
        return _model(version.name, int(version.version), described)


def _describe(trained: TrainedModel, terms: TrainingTerms, create_time_ns: int) -> dict[str, Any]:
    return {
        "symbols": terms.symbols,
        "features": [feature._asdict() for feature in terms.features],
        "horizon_bars": terms.horizon_bars,
        "train_start_time_ns": trained.train_start_time_ns,
        "train_end_time_ns": trained.train_end_time_ns,
        "train_row_count": trained.train_row_count,
        "quality": asdict(trained.quality),
        "export_difference": trained.export_difference,
        "artifact_sha256": trained.artifact_sha256,
        "training_fingerprint": trained.training_fingerprint,
        "create_time_ns": create_time_ns,
    }


def _model(name: str, version: int, described: dict[str, Any]) -> Model:
    return Model(
        **{
            **described,
            "name": name,
            "version": version,
            "symbols": tuple(described["symbols"]),
            "features": tuple(Feature(**feature) for feature in described["features"]),
            "quality": Quality(**described["quality"]),
        }
    )

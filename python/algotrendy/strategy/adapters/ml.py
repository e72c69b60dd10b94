"""The ml area's models, over its contract, loaded into this process."""

import asyncio
import hashlib
from typing import Protocol

import grpc

from algotrendy.api.ml.v1.model_service_pb2 import GetModelArtifactRequest
from algotrendy.api.ml.v1.model_service_pb2_grpc import ModelServiceStub
from algotrendy.errors import InternalError
from algotrendy.expression.features import Model
from algotrendy.rpc.time import decode_time


class GraphLoader(Protocol):
    """Loads a serialised graph; raises `ModelFeaturesError` if it is not the one described."""

    def __call__(
        self,
        graph: bytes,
        *,
        features: tuple[tuple[str, str], ...],
        training_fingerprint: str,
        usable_after_ns: int,
    ) -> Model:
        """Return the model."""


class MlModels:
    """See `ports.Models`."""

    def __init__(self, channel: grpc.aio.Channel, load_graph: GraphLoader) -> None:
        self._stub = ModelServiceStub(channel)
        self._load_graph = load_graph

    async def load(self, model_id: str) -> Model:
        """See `ports.Models`."""
        request = GetModelArtifactRequest(model_id=model_id)
        response = await self._stub.GetModelArtifact(request)
        model = response.model
        if hashlib.sha256(response.onnx).hexdigest() != model.artifact_sha256:
            raise InternalError(
                f"The graph of {model_id} is not the one that was registered.", model_id=model_id
            )
        return await asyncio.to_thread(
            self._load_graph,
            response.onnx,
            features=tuple((feature.name, feature.expression) for feature in model.features),
            training_fingerprint=model.training_fingerprint,
            usable_after_ns=decode_time(model, "train_end_time"),
        )

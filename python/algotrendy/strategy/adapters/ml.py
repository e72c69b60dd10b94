"""The ml area's models, over its contract, loaded into this process."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

import grpc

from algotrendy.api.ml.v1 import model_pb2
from algotrendy.api.ml.v1.model_service_pb2 import GetModelArtifactRequest, GetModelRequest
from algotrendy.api.ml.v1.model_service_pb2_grpc import ModelServiceStub
from algotrendy.domain.ids import ModelId
from algotrendy.errors import InternalError
from algotrendy.rpc.time import decode_time
from algotrendy.strategy.model import ModelTerms
from algotrendy.strategy.ports import FeatureStream


class Graph(Protocol):
    """A loaded ONNX graph."""

    def predict_row(self, features: Sequence[float]) -> float:
        """Return the probability of one row."""


class Pipeline(Protocol):
    """A model's features."""

    warm_up: int

    def stream(self) -> FeatureStream:
        """Return a stream that has seen no bar."""


class LoadedModel:
    """See `ports.Model`."""

    def __init__(self, terms: ModelTerms, graph: Graph, pipeline: Pipeline) -> None:
        self.terms = terms
        self.warm_up = pipeline.warm_up
        self.stream = pipeline.stream
        self.predict_row = graph.predict_row


class MlModels:
    """See `ports.Models`.

    Parameters
    ----------
    load_graph : callable
        Loads a serialised graph.
    make_pipeline : callable
        Makes the pipeline of named expressions.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        load_graph: Callable[[bytes], Graph],
        make_pipeline: Callable[[Sequence[tuple[str, str]]], Pipeline],
    ) -> None:
        self._stub = ModelServiceStub(channel)
        self._load_graph = load_graph
        self._make_pipeline = make_pipeline

    async def terms(self, model_id: ModelId) -> ModelTerms:
        """See `ports.Models`."""
        response = await self._stub.GetModel(GetModelRequest(model_id=model_id))
        return _decode_terms(response.model)

    async def load(self, model_id: ModelId) -> LoadedModel:
        """See `ports.Models`."""
        request = GetModelArtifactRequest(model_id=model_id)
        response = await self._stub.GetModelArtifact(request)
        if hashlib.sha256(response.onnx).hexdigest() != response.model.artifact_sha256:
            raise InternalError(
                f"The graph of {model_id} is not the one that was registered.", model_id=model_id
            )
        graph = await asyncio.to_thread(self._load_graph, response.onnx)
        terms = _decode_terms(response.model)
        return LoadedModel(terms, graph, self._make_pipeline(terms.features))


def _decode_terms(model: model_pb2.Model) -> ModelTerms:
    return ModelTerms(
        model_id=ModelId(model.model_id),
        features=tuple((feature.name, feature.expression) for feature in model.features),
        train_end_time_ns=decode_time(model, "train_end_time"),
    )

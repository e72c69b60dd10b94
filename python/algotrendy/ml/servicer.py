"""`ModelService`, `FeatureService` and `InferenceService` on gRPC."""

import asyncio

from algotrendy.api.ml.v1 import feature_service_pb2, inference_service_pb2, model_service_pb2
from algotrendy.api.ml.v1.feature_service_pb2_grpc import FeatureServiceServicer
from algotrendy.api.ml.v1.inference_service_pb2_grpc import InferenceServiceServicer
from algotrendy.api.ml.v1.model_service_pb2_grpc import ModelServiceServicer
from algotrendy.ml import codec
from algotrendy.ml.service import FeatureService, InferenceService, ModelService
from algotrendy.rpc.paging import decode_page_size
from algotrendy.rpc.server import Context
from algotrendy.storage.requests import fingerprint


class ModelServicer(ModelServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, models: ModelService) -> None:
        self._models = models

    async def TrainModel(
        self, request: model_service_pb2.TrainModelRequest, context: Context
    ) -> model_service_pb2.TrainModelResponse:
        terms = codec.decode_terms(request)
        model = await self._models.train(request.request_id, fingerprint(request), terms)
        return model_service_pb2.TrainModelResponse(model=codec.encode_model(model))

    async def GetModel(
        self, request: model_service_pb2.GetModelRequest, context: Context
    ) -> model_service_pb2.GetModelResponse:
        model = await self._models.get(request.model_id)
        return model_service_pb2.GetModelResponse(model=codec.encode_model(model))

    async def ListModels(
        self, request: model_service_pb2.ListModelsRequest, context: Context
    ) -> model_service_pb2.ListModelsResponse:
        models, token = await self._models.list(
            decode_page_size(request.page_size), request.page_token
        )
        return model_service_pb2.ListModelsResponse(
            models=[codec.encode_model(model) for model in models], next_page_token=token
        )

    async def GetModelPerformance(
        self, request: model_service_pb2.GetModelPerformanceRequest, context: Context
    ) -> model_service_pb2.GetModelPerformanceResponse:
        model = await self._models.get(request.model_id)
        return model_service_pb2.GetModelPerformanceResponse(
            quality=codec.encode_quality(model.quality)
        )

    async def GetModelArtifact(
        self, request: model_service_pb2.GetModelArtifactRequest, context: Context
    ) -> model_service_pb2.GetModelArtifactResponse:
        model, graph = await self._models.graph(request.model_id)
        return model_service_pb2.GetModelArtifactResponse(
            model=codec.encode_model(model), onnx=graph
        )


class FeatureServicer(FeatureServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, features: FeatureService) -> None:
        self._features = features

    async def GetFeatures(
        self, request: feature_service_pb2.GetFeaturesRequest, context: Context
    ) -> feature_service_pb2.GetFeaturesResponse:
        computed = await self._features.compute(codec.decode_feature_terms(request))
        # The largest answers take a tenth of a second, in which the loop would do nothing else.
        return await asyncio.to_thread(codec.encode_computed, computed)


class InferenceServicer(InferenceServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, inference: InferenceService) -> None:
        self._inference = inference

    async def Predict(
        self, request: inference_service_pb2.PredictRequest, context: Context
    ) -> inference_service_pb2.PredictResponse:
        rows = codec.decode_rows(request)
        features = codec.decode_features(request.features)
        probabilities = await self._inference.predict(request.model_id, rows, features)
        return inference_service_pb2.PredictResponse(probabilities=probabilities.tolist())

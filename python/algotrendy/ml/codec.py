"""Models on the wire, and back."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from algotrendy.api.ml.v1 import (
    feature_service_pb2,
    inference_service_pb2,
    model_pb2,
    model_service_pb2,
)
from algotrendy.errors import ModelFeaturesError
from algotrendy.ml.model import (
    DEFAULT_BAR_COUNT,
    ComputedFeatures,
    Feature,
    FeatureColumn,
    FeatureTerms,
    Model,
    Quality,
    TrainingTerms,
)
from algotrendy.rpc.time import decode_optional_time, decode_time, encode_time


def decode_terms(request: model_service_pb2.TrainModelRequest) -> TrainingTerms:
    """Return what to train."""
    return TrainingTerms(
        name=request.name,
        symbols=tuple(request.symbols),
        features=decode_features(request.features),
        horizon_bars=request.label.horizon_bars,
        train_start_time_ns=decode_optional_time(request, "train_start_time"),
        train_end_time_ns=decode_time(request, "train_end_time"),
        test_end_time_ns=decode_optional_time(request, "test_end_time"),
        parameters=dict(request.parameters),
        seed=request.seed,
    )


def decode_features(messages: Iterable[model_pb2.Feature]) -> tuple[Feature, ...]:
    """Return named expressions."""
    return tuple(Feature(message.name, message.expression) for message in messages)


def decode_feature_terms(request: feature_service_pb2.GetFeaturesRequest) -> FeatureTerms:
    """Return what to compute at which bars."""
    return FeatureTerms(
        symbol=request.symbol,
        features=decode_features(request.features),
        start_time_ns=decode_optional_time(request, "start_time"),
        end_time_ns=decode_optional_time(request, "end_time"),
        limit=request.limit or DEFAULT_BAR_COUNT,
    )


def encode_computed(computed: ComputedFeatures) -> feature_service_pb2.GetFeaturesResponse:
    """Return expressions at bars for the wire."""
    return feature_service_pb2.GetFeaturesResponse(
        open_time_ns=computed.open_time_ns.tolist(),
        close_time_ns=computed.close_time_ns.tolist(),
        columns=[_encode_column(column) for column in computed.columns],
        warm_up=computed.warm_up,
    )


def decode_rows(request: inference_service_pb2.PredictRequest) -> NDArray[np.float64]:
    """Return rows of features, all of one length, as an array of shape (n_rows, n_features)."""
    counts = {len(row.values) for row in request.rows}
    if len(counts) > 1:
        shown = ", ".join(str(count) for count in sorted(counts))
        raise ModelFeaturesError(f"Rows have different numbers of features: {shown}.", given=shown)
    width = counts.pop() if counts else 0
    values = [value for row in request.rows for value in row.values]
    return np.array(values, dtype=np.float64).reshape(len(request.rows), width)


def encode_model(model: Model) -> model_pb2.Model:
    """Return a model for the wire."""
    return model_pb2.Model(
        model_id=model.model_id,
        name=model.name,
        version=model.version,
        symbols=model.symbols,
        features=[
            model_pb2.Feature(name=feature.name, expression=feature.expression)
            for feature in model.features
        ],
        label=model_pb2.DirectionLabel(horizon_bars=model.horizon_bars),
        train_start_time=encode_time(model.train_start_time_ns),
        train_end_time=encode_time(model.train_end_time_ns),
        train_row_count=model.train_row_count,
        quality=encode_quality(model.quality),
        export_difference=model.export_difference,
        artifact_sha256=model.artifact_sha256,
        create_time=encode_time(model.create_time_ns),
        training_fingerprint=model.training_fingerprint,
    )


def encode_quality(quality: Quality) -> model_pb2.ModelQuality:
    """Return a model's quality for the wire."""
    return model_pb2.ModelQuality(
        row_count=quality.row_count,
        start_time=encode_time(quality.start_time_ns),
        end_time=encode_time(quality.end_time_ns),
        auc=quality.auc,
        log_loss=quality.log_loss,
        accuracy=quality.accuracy,
        base_rate=quality.base_rate,
    )


def _encode_column(column: FeatureColumn) -> feature_service_pb2.FeatureColumn:
    valid = ~np.isnan(column.values)
    return feature_service_pb2.FeatureColumn(
        name=column.name,
        kind=feature_service_pb2.FEATURE_KIND_BOOLEAN
        if column.is_boolean
        else feature_service_pb2.FEATURE_KIND_NUMBER,
        values=np.where(valid, column.values, 0.0).tolist(),
        valid=() if valid.all() else valid.tolist(),
    )

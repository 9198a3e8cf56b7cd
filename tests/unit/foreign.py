"""Manifests that Kubernetes has no schema for: the fields we use, as their makers define them, and no others.

KEDA 2: config/crd/bases/keda.sh_{scaledobjects,triggerauthentications}.yaml and pkg/scalers/rabbitmq_scaler.go (to the
CRD a trigger's metadata are any texts; the scaler names them). Kustomization: sigs.k8s.io/kustomize/api/types.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Whole = Annotated[str, Field(pattern=r"^[0-9]+$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Named(Strict):
    name: str


class Metadata(Named):
    labels: dict[str, str]


class RabbitMQ(Strict):
    protocol: Literal["auto", "http", "amqp"]
    mode: Literal["QueueLength", "MessageRate"]
    value: Whole
    queue_name: str
    use_regex: Literal["true", "false"]
    operation: Literal["sum", "max", "avg"]


class Trigger(Strict):
    type: Literal["rabbitmq"]
    metadata: RabbitMQ
    authentication_ref: Named


class Scaled(Strict):
    scale_target_ref: Named
    min_replica_count: int
    max_replica_count: int
    polling_interval: int
    cooldown_period: int
    triggers: list[Trigger]


class ScaledObject(Strict):
    api_version: Literal["keda.sh/v1alpha1"]
    kind: Literal["ScaledObject"]
    metadata: Metadata
    spec: Scaled


class SecretKey(Named):
    parameter: Literal["host"]
    key: str


class Authentication(Strict):
    secret_target_ref: list[SecretKey]


class TriggerAuthentication(Strict):
    api_version: Literal["keda.sh/v1alpha1"]
    kind: Literal["TriggerAuthentication"]
    metadata: Metadata
    spec: Authentication


class Image(Named):
    new_tag: str


class Kustomization(Strict):
    api_version: Literal["kustomize.config.k8s.io/v1beta1"]
    kind: Literal["Kustomization"]
    namespace: str
    resources: list[str]
    images: list[Image]


FOREIGN: dict[str, type[Strict]] = {
    "Kustomization": Kustomization,
    "ScaledObject": ScaledObject,
    "TriggerAuthentication": TriggerAuthentication,
}

"""Rules on the models that a request makes. See `variant_rules` for what a rule is."""

import re
from collections.abc import Iterator

from plan_deployment.request.fields import COMPONENTS, components, every_variant, specifications
from plan_deployment.request.schema import SCHEMA
from shared.aws import Json
from shared.planning.faults import Fault, pointer_to

FIELD = "models"
SOURCES = ("artifact", "ModelDataSource", "package", "trainingJob", "tuningJob", "containers", "multiModel")
IN_S3 = ("artifact", "ModelDataSource", "multiModel")
CONTAINER_SCHEMA: Json = SCHEMA["$defs"]["RequestedContainer"]["properties"]
# CreateModel's own members of a container.
CONTAINER_MEMBERS = tuple(name for name in CONTAINER_SCHEMA if name[0].isupper())
# The image of Hugging Face downloads a model of its hub; the other frameworks need an artifact.
LOADS_ITS_MODEL = "huggingface"
DIRECT = "direct"
PRIVATE = "Vpc"
IN_ECR = re.compile(r"\d{12}\.dkr[.-]ecr")
MOST_ENVIRONMENT_BYTES = 32 * 1024


def is_aws_owned(source: Json) -> bool:
    """Whether an S3DataSource is one of AWS's, behind a licence or in a hub, whose bucket Slipway cannot read."""
    return "HubAccessConfig" in source or "ModelAccessConfig" in source


def models_of(request: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield JSON pointer, key and content of each model; skip what is not an object."""
    for key, model in (request.get(FIELD) or {}).items():
        if isinstance(model, dict):
            yield pointer_to([FIELD, key]), key, model


def containers_of(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer and content of each container; a model without `containers` is one itself."""
    for pointer, _, model in models_of(request):
        if "containers" not in model:
            yield pointer, model
        for index, container in enumerate(model.get("containers") or []):
            if isinstance(container, dict):
                yield f"{pointer}/containers/{index}", container


def each_has_one_source(request: Json) -> Iterator[Fault]:
    for pointer, container in [*containers_of(request), *_with_containers(request)]:
        given = [name for name in SOURCES if name in container]
        if len(given) > 1:
            yield Fault(pointer, f"has {' and '.join(given)}", "Keep one of them")
        elif not given and "image" not in container:
            known = [name for name in SOURCES if name in CONTAINER_SCHEMA or "/containers/" not in pointer]
            yield Fault(pointer, "does not say where the model is", f"Give one of {', '.join(known)}")
        elif not given and not _loads_its_model(container["image"]):
            remedy = "Give it, or the URI of an image that has the model in it"
            yield Fault(f"{pointer}/artifact", "is missing, and the image of the framework has no model", remedy)


def image_suits_the_source(request: Json) -> Iterator[Fault]:
    for pointer, container in containers_of(request):
        if "image" in container and "package" in container:
            yield Fault(f"{pointer}/image", "comes from the package", "Remove it")
        in_s3 = next((name for name in IN_S3 if name in container), None)
        if in_s3 and "image" not in container:
            remedy = "Give the URI of an image, or a framework and its version"
            yield Fault(f"{pointer}/image", f"is missing, and {in_s3} needs it", remedy)


def image_is_in_ecr_or_a_private_registry(request: Json) -> Iterator[Fault]:
    """SageMaker: Using non-ECR image "…" without Vpc repository access mode is not supported."""
    for pointer, container in containers_of(request):
        image = container.get("image")
        is_private = (container.get("ImageConfig") or {}).get("RepositoryAccessMode") == PRIVATE
        if isinstance(image, str) and not IN_ECR.match(image) and not is_private:
            problem = f"{image} is not in Amazon ECR, and ImageConfig does not name a private registry"
            yield Fault(
                f"{pointer}/image", problem, "Give an image in ECR, or ImageConfig with RepositoryAccessMode Vpc"
            )


def environment_is_small_enough(request: Json) -> Iterator[Fault]:
    """SageMaker API reference, ContainerDefinition, Environment: the limit is for all containers together."""
    for pointer, _, model in models_of(request):
        containers = [each for each in model.get("containers") or [model] if isinstance(each, dict)]
        pairs = [pair for each in containers for pair in (each.get("Environment") or {}).items()]
        size = sum(len(f"{name}{value}".encode()) for name, value in pairs if value is not None)
        if size > MOST_ENVIRONMENT_BYTES:
            at = f"{pointer}/containers" if "containers" in model else f"{pointer}/Environment"
            problem = f"the variables have {size} bytes, more than {MOST_ENVIRONMENT_BYTES}"
            yield Fault(at, problem, "Put large values into the artifact")


def members_suit_the_source(request: Json) -> Iterator[Fault]:
    for pointer, container in containers_of(request):
        for member, source in (("InferenceSpecificationName", "package"), ("MultiModelConfig", "multiModel")):
            if member in container and source not in container:
                yield Fault(f"{pointer}/{member}", f"has no effect without {source}", "Remove it")
        if "package" in container and "AdditionalModelDataSources" in container:
            yield Fault(f"{pointer}/AdditionalModelDataSources", "comes from the package", "Remove it")


def members_of_containers_are_theirs(request: Json) -> Iterator[Fault]:
    for pointer, model in _with_containers(request):
        for name in model:
            if name in CONTAINER_SCHEMA and name not in SOURCES:
                yield Fault(f"{pointer}/{name}", "is for a single container", "Move it into the containers")
    for pointer, _, model in models_of(request):
        if "mode" in model and "containers" not in model:
            yield Fault(f"{pointer}/mode", "has no effect without containers", "Remove it")


def containers_have_hostnames(request: Json) -> Iterator[Fault]:
    """SageMaker API reference, ContainerDefinition: all or none; a direct invocation names one."""
    for pointer, model in _with_containers(request):
        containers = [each for each in model["containers"] or [] if isinstance(each, dict)]
        hostnames = [each.get("ContainerHostname") for each in containers]
        needed = model.get("mode") == DIRECT or any("ContainerHostname" in each for each in containers)
        for index, container in enumerate(containers):
            at = f"{pointer}/containers/{index}/ContainerHostname"
            if needed and "ContainerHostname" not in container:
                reason = "a direct invocation names one" if model.get("mode") == DIRECT else "another container has one"
                yield Fault(at, f"is missing, and {reason}", "Give every container one")
            elif hostnames[index] is not None and hostnames[index] in hostnames[:index]:
                yield Fault(at, f'"{hostnames[index]}" occurs twice', "Give every container its own")


def data_source_is_whole(request: Json) -> Iterator[Fault]:
    """SageMaker API reference, S3ModelDataSource."""
    for pointer, container in containers_of(request):
        sources = [("/ModelDataSource", container.get("ModelDataSource"))]
        for index, each in enumerate(container.get("AdditionalModelDataSources") or []):
            sources.append((f"/AdditionalModelDataSources/{index}", each))
        for place, source in sources:
            given = (source or {}).get("S3DataSource")
            if source is not None and "S3DataSource" not in source:
                yield Fault(f"{pointer}{place}/S3DataSource", "is missing", "Give it, with the S3Uri of the model")
            elif given:
                yield from _source_faults(f"{pointer}{place}/S3DataSource", given)


def _source_faults(pointer: str, source: Json) -> Iterator[Fault]:
    uri, kind = source.get("S3Uri"), source.get("S3DataType")
    if uri is not None and not uri.startswith("s3://"):
        yield Fault(f"{pointer}/S3Uri", "is not a URI of S3", "Begin it with s3://")
    if kind == "S3Prefix" and uri is not None and not uri.endswith("/"):
        yield Fault(f"{pointer}/S3Uri", "does not end in a slash, as a prefix does", "End it with /")
    if kind == "S3Prefix" and source.get("CompressionType") == "Gzip":
        problem = "Gzip is for a single archive, and S3DataType is S3Prefix"
        yield Fault(f"{pointer}/CompressionType", problem, "Give None, or S3DataType S3Object")


def every_model_is_used(request: Json) -> Iterator[Fault]:
    used = {variant.get("ModelName") for _, variant in every_variant(request)}
    for _, variant in every_variant(request):
        pools = variant.get("InstancePools") or []
        used |= {pool.get("ModelNameOverride") for pool in pools if isinstance(pool, dict)}
    for pointer, component in components(request):
        used |= {each.get("ModelName") for _, each in specifications(pointer, component)}
    user = "component" if COMPONENTS in request else "variant"
    for pointer, key, _ in models_of(request):
        if key not in used:
            yield Fault(pointer, f"no {user} uses it", f"Name it in the ModelName of a {user}, or remove it")


def _with_containers(request: Json) -> list[tuple[str, Json]]:
    return [(pointer, model) for pointer, _, model in models_of(request) if "containers" in model]


def _loads_its_model(image: object) -> bool:
    """Whether an image can have or get its model without an artifact; True if the image is faulty."""
    return not isinstance(image, dict) or image.get("framework") in (None, LOADS_ITS_MODEL)


RULES = (
    each_has_one_source,
    image_suits_the_source,
    image_is_in_ecr_or_a_private_registry,
    environment_is_small_enough,
    members_suit_the_source,
    members_of_containers_are_theirs,
    containers_have_hostnames,
    data_source_is_whole,
    every_model_is_used,
)

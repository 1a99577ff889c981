"""`slipway invoke`."""

from __future__ import annotations

import base64
import shlex
from pathlib import Path

import click

from slipway.calls import Call
from slipway.command import Answer, App, Content, Lines, command
from slipway.errors import usage_error


@click.command()
@click.argument("endpoint")
@click.option("--body", required=True, metavar="TEXT|@FILE", help="Body of the request, or @ and its file.")
@click.option("--variant", metavar="NAME", help="Variant that answers. [default: by weight]")
@click.option("--component", metavar="NAME", help="Inference component that answers.")
@click.option("--content-type", default="application/json", show_default=True, help="Type of the body.")
@click.option("--accept", help="Type of the answer.")
@command()
def invoke(
    app: App,
    endpoint: str,
    body: str,
    variant: str | None,
    component: str | None,
    content_type: str,
    accept: str | None,
) -> Answer:
    """Send one request to an endpoint, and show the answer of the model."""
    if variant and component:
        raise click.UsageError("--variant and --component cannot be combined: a component is on one variant.")
    optional = {"TargetVariant": variant, "InferenceComponentName": component, "Accept": accept}
    request = {"EndpointName": endpoint, "ContentType": content_type}
    request |= {member: value for member, value in optional.items() if value}
    if app.shows_command:
        line = Call("sagemaker-runtime", "InvokeEndpoint", request).command(app.session.region, app.session.profile)
        source = shlex.join(["cat", body[1:]] if body.startswith("@") else ["printf", "%s", body])
        # From standard input, since versions 1 and 2 of the AWS CLI read a body in the command differently.
        shown = [f"{source} | {line} --body fileb:///dev/stdin /dev/stdout"]
        return Answer({"commands": shown}, [Lines(shown)])
    answer = Call("sagemaker-runtime", "InvokeEndpoint", request | {"Body": _read(body)}).make(app.session)
    content = answer["Body"].read()
    document = {"variant": answer.get("InvokedProductionVariant"), "contentType": answer.get("ContentType")}
    try:
        text = content.decode()
    except UnicodeDecodeError:
        encoded = base64.b64encode(content).decode()
        return Answer(document | {"body": None, "bodyBase64": encoded}, [Content(content)])
    return Answer(document | {"body": text}, [Lines([text])])


def _read(body: str) -> bytes:
    if not body.startswith("@"):
        return body.encode()
    try:
        return Path(body[1:]).read_bytes()
    except OSError as error:
        raise usage_error("NotReadable", f"{body[1:]} cannot be read: {error.strerror}.", "Check the path.") from error

"""`slipway invoke`."""

from __future__ import annotations

from pathlib import Path

import click

from slipway.calls import Call
from slipway.command import Answer, App, Lines, command
from slipway.errors import usage_error


@click.command()
@click.argument("endpoint")
@click.option("--body", required=True, metavar="TEXT|@FILE", help="Body of the request, or @ and its file.")
@click.option("--variant", metavar="NAME", help="Variant that answers. [default: by weight]")
@click.option("--content-type", default="application/json", show_default=True, help="Type of the body.")
@click.option("--accept", help="Type of the answer.")
@command()
def invoke(app: App, endpoint: str, body: str, variant: str | None, content_type: str, accept: str | None) -> Answer:
    """Send one request to an endpoint, and show the answer of the model."""
    request = {"EndpointName": endpoint, "ContentType": content_type}
    request |= {"TargetVariant": variant} if variant else {}
    request |= {"Accept": accept} if accept else {}
    if app.shows_command:
        line = Call("sagemaker-runtime", "InvokeEndpoint", request).command(app.session.region)
        source = f"fileb://{body[1:]}" if body.startswith("@") else "fileb://body"
        shown = [f"{line} --body {source} /dev/stdout"]
        return Answer({"commands": shown}, [Lines(shown)])
    answer = Call("sagemaker-runtime", "InvokeEndpoint", request | {"Body": _read(body)}).make(app.session)
    text = answer["Body"].read().decode(errors="replace")
    document = {
        "variant": answer.get("InvokedProductionVariant"),
        "contentType": answer.get("ContentType"),
        "body": text,
    }
    return Answer(document, [Lines([text])])


def _read(body: str) -> bytes:
    if not body.startswith("@"):
        return body.encode()
    try:
        return Path(body[1:]).read_bytes()
    except OSError as error:
        raise usage_error("NotReadable", f"{body[1:]} cannot be read: {error.strerror}.", "Check the path.") from error

"""Artifacts of models, as a framework's container expects them."""

import gzip
import io
import json
import tarfile

from local_aws import LocalAws

# A model that needs nothing but Python; the local AWS runs it.
SCRIPT = b"""
def model_fn(folder):
    return folder
def input_fn(body, content_type):
    return body
def predict_fn(data, model):
    return data
def output_fn(prediction, accept):
    return prediction
"""
ENVIRONMENT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}


def archive(**files: bytes) -> bytes:
    """A tar.gz of these files, by name, beside the script; the same bytes for the same content."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in {"code/inference.py": SCRIPT, **files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)


def make_bucket(aws: LocalAws, name: str, reader: str) -> None:
    """Create a bucket of another owner's, unless it exists, whose policy lets the reader's role read it."""
    s3 = aws.client("s3")
    try:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": reader},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))


def put_encrypted(aws: LocalAws, bucket: str, key: str, body: bytes, *readers: str) -> None:
    """Store an object that is encrypted with a KMS key of its owner, whose policy names the roles of the readers."""
    may = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    root = f"arn:aws:iam::{aws.client('sts').get_caller_identity()['Account']}:root"
    statements = [may | {"Principal": {"AWS": root}}]
    statements += [may | {"Action": "kms:Decrypt", "Principal": {"AWS": reader}} for reader in readers]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    made = aws.client("kms").create_key(Policy=policy)["KeyMetadata"]
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": made["Arn"]}
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **encryption)

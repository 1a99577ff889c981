"""The local AWS: moto's server, extended until the real `sam deploy`, `aws` and boto3 run on it unchanged.

It knows nothing of the applications that are deployed on it. What is exact, approximate
and refused is listed in `COVERAGE.md`.
"""

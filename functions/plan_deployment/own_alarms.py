"""The alarms that Slipway makes where a request says so: what they look at, and when they go off.

Two for each production variant, over everything that serves it: these stay with the endpoint. For an update the same
two again over the new fleet alone, told apart by the dimension EndpointConfigName (SageMaker developer guide,
deployment-guardrails-configuration): these are the ones that SageMaker watches.
"""

from dataclasses import dataclass

from shared.aws import Json
from shared.planning.names import alarm_name

NAMESPACE = "AWS/SageMaker"
PERIOD_SECONDS = 60  # what SageMaker publishes at
# Two bad minutes of three: one burst is none, and both come well within the default baking time of five minutes.
PERIODS, BAD_PERIODS = 3, 2
SECONDS_TO_ALARM = PERIODS * PERIOD_SECONDS
SERVER_ERRORS, MODEL_LATENCY = "server-errors", "model-latency"
PER_VARIANT = 2
MICROSECONDS_PER_MILLISECOND = 1000  # ModelLatency is in microseconds
JUDGEMENT = {
    "EvaluationPeriods": PERIODS,
    "DatapointsToAlarm": BAD_PERIODS,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",  # who is not called makes no mistakes
}


@dataclass(frozen=True)
class Thresholds:
    """When the alarms go off.

    Attributes
    ----------
    server_error_percent : float
        Percent of the invocations.
    model_latency_milliseconds : float
        At the 99th percentile.
    """

    server_error_percent: float
    model_latency_milliseconds: float


@dataclass(frozen=True)
class Fleet:
    """What serves a variant.

    Attributes
    ----------
    prefix : str
        Beginning of the names of the endpoint's alarms.
    config_name : str or None
        The config that it runs; None where any will do.
    """

    prefix: str
    endpoint_name: str
    variant_name: str
    config_name: str | None = None

    @property
    def dimensions(self) -> list[Json]:
        values = {
            "EndpointName": self.endpoint_name,
            "VariantName": self.variant_name,
            "EndpointConfigName": self.config_name,
        }
        return [{"Name": name, "Value": value} for name, value in values.items() if value]

    def alarms(self, thresholds: Thresholds) -> list[Json]:
        """Bodies of PutMetricAlarm, without tags."""
        return [self._server_errors(thresholds), self._model_latency(thresholds)]

    def _server_errors(self, thresholds: Thresholds) -> Json:
        percent = thresholds.server_error_percent
        rate = {"Id": "rate", "Expression": "100 * errors / invocations", "Label": "Server errors (%)"}
        return {
            "AlarmName": self._name(SERVER_ERRORS),
            "AlarmDescription": f"{self._spoken} answers more than {percent:g} % of its invocations with a 5xx.",
            "Metrics": [
                rate | {"ReturnData": True},
                self._sum("errors", "Invocation5XXErrors"),
                self._sum("invocations", "Invocations"),
            ],
            "Threshold": percent,
        } | JUDGEMENT

    def _model_latency(self, thresholds: Thresholds) -> Json:
        milliseconds = thresholds.model_latency_milliseconds
        return {
            "AlarmName": self._name(MODEL_LATENCY),
            "AlarmDescription": f"{self._spoken} takes more than {milliseconds:g} ms for one invocation in a hundred.",
            "Namespace": NAMESPACE,
            "MetricName": "ModelLatency",
            "Dimensions": self.dimensions,
            "ExtendedStatistic": "p99",
            "Period": PERIOD_SECONDS,
            "Threshold": milliseconds * MICROSECONDS_PER_MILLISECOND,
        } | JUDGEMENT

    def _sum(self, metric_id: str, metric: str) -> Json:
        told = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": self.dimensions}
        stat = {"Metric": told, "Period": PERIOD_SECONDS, "Stat": "Sum"}
        return {"Id": metric_id, "MetricStat": stat, "ReturnData": False}

    def _name(self, what: str) -> str:
        return alarm_name(self.prefix, self.variant_name, self.config_name, what)

    @property
    def _spoken(self) -> str:
        on_config = f" on config {self.config_name}" if self.config_name else ""
        return f"Variant {self.variant_name} of endpoint {self.endpoint_name}{on_config}"

"""The alarms that Slipway creates on request: their metrics and thresholds.

Two standing alarms for each production variant stay with the endpoint with any live config. An update has the same
two again for the new config alone, by the dimension EndpointConfigName (SageMaker developer guide,
deployment-guardrails-configuration): SageMaker watches these.
"""

from dataclasses import dataclass

from shared.aws import Json
from shared.planning.names import alarm_name

NAMESPACE = "AWS/SageMaker"
PERIOD_SECONDS = 60  # the interval at which SageMaker publishes
# Two bad minutes of three: one burst does not trip the alarm, and three minutes fit in the default baking time of five.
PERIODS, BAD_PERIODS = 3, 2
SECONDS_TO_ALARM = PERIODS * PERIOD_SECONDS
SERVER_ERRORS, MODEL_LATENCY = "server-errors", "model-latency"
PER_VARIANT = 2
MICROSECONDS_PER_MILLISECOND = 1000  # ModelLatency is in microseconds
EVALUATION = {
    "EvaluationPeriods": PERIODS,
    "DatapointsToAlarm": BAD_PERIODS,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",  # no invocations, no errors
}


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of the alarms.

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
class MonitoredVariant:
    """A variant, with any live config or with one config.

    Attributes
    ----------
    prefix : str
        Beginning of the names of the endpoint's alarms.
    config_name : str or None
        The config that the alarms are limited to; None for any live config.
    """

    prefix: str
    endpoint_name: str
    variant_name: str
    config_name: str | None = None

    @property
    def dimensions(self) -> list[Json]:
        """Dimensions of the variant's metrics."""
        values = {
            "EndpointName": self.endpoint_name,
            "VariantName": self.variant_name,
            "EndpointConfigName": self.config_name,
        }
        return [{"Name": name, "Value": value} for name, value in values.items() if value]

    def alarms(self, thresholds: Thresholds) -> list[Json]:
        """Return bodies of PutMetricAlarm, without tags."""
        return [self._server_errors(thresholds), self._model_latency(thresholds)]

    def _server_errors(self, thresholds: Thresholds) -> Json:
        percent = thresholds.server_error_percent
        rate = {"Id": "rate", "Expression": "100 * errors / invocations", "Label": "Server errors (%)"}
        return {
            "AlarmName": self._name(SERVER_ERRORS),
            "AlarmDescription": f"{self._subject} answers more than {percent:g} % of its invocations with a 5xx.",
            "Metrics": [
                rate | {"ReturnData": True},
                self._sum("errors", "Invocation5XXErrors"),
                self._sum("invocations", "Invocations"),
            ],
            "Threshold": percent,
        } | EVALUATION

    def _model_latency(self, thresholds: Thresholds) -> Json:
        milliseconds = thresholds.model_latency_milliseconds
        return {
            "AlarmName": self._name(MODEL_LATENCY),
            "AlarmDescription": f"{self._subject} takes more than {milliseconds:g} ms for one invocation in a hundred.",
            "Namespace": NAMESPACE,
            "MetricName": "ModelLatency",
            "Dimensions": self.dimensions,
            "ExtendedStatistic": "p99",
            "Period": PERIOD_SECONDS,
            "Threshold": milliseconds * MICROSECONDS_PER_MILLISECOND,
        } | EVALUATION

    def _sum(self, metric_id: str, metric: str) -> Json:
        sought = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": self.dimensions}
        stat = {"Metric": sought, "Period": PERIOD_SECONDS, "Stat": "Sum"}
        return {"Id": metric_id, "MetricStat": stat, "ReturnData": False}

    def _name(self, what: str) -> str:
        return alarm_name(self.prefix, self.variant_name, self.config_name, what)

    @property
    def _subject(self) -> str:
        on_config = f" on config {self.config_name}" if self.config_name else ""
        return f"Variant {self.variant_name} of endpoint {self.endpoint_name}{on_config}"

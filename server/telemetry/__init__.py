"""What operators see from outside: errors in Sentry, traces and metrics by OpenTelemetry. Both are off unless configured."""

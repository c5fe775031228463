// OpenTelemetry as its own documentation sets it up: everything that can be instrumented, defaults otherwise.
import { NodeSDK } from "@opentelemetry/sdk-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { getNodeAutoInstrumentations } from "@opentelemetry/auto-instrumentations-node";

const sdk = new NodeSDK({
    traceExporter: new OTLPTraceExporter(),
    instrumentations: [getNodeAutoInstrumentations()],
});
sdk.start();
// What is under way has a moment to end; then what is left of the last batch is sent.
process.on("SIGTERM", () => setTimeout(() => sdk.shutdown().finally(() => process.exit(0)), 400));

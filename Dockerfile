# Planloom in two stages: one that installs the locked dependencies, and one that carries only what runs.
#
#   docker build -t planloom .
#   docker run -p 127.0.0.1:2024:2024 -v planloom:/data planloom            (embedded Postgres, kept in the volume)
#   docker run -p 127.0.0.1:2024:2024 -e DATABASE_URL=postgresql://… planloom

ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim-bookworm AS build
# The same uv as the Makefile's.
ARG UV_VERSION=0.13.8
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app/.venv
WORKDIR /app
RUN pip install --no-cache-dir "uv==${UV_VERSION}"
# Dependencies before sources: a change of the code builds on the layer that has them.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project --no-cache
COPY agent ./agent
COPY graphs ./graphs
COPY server ./server
COPY tools ./tools
COPY langgraph.json ./
RUN uv sync --frozen --no-dev --no-cache

FROM python:${PYTHON_VERSION}-slim-bookworm
# The embedded Postgres wants an account with a name, and its folder to be that account's own.
RUN groupadd --system --gid 10001 planloom \
    && useradd --system --uid 10001 --gid planloom --home-dir /data --create-home planloom \
    && chmod 700 /data
# The code belongs to root: the server can read it, not change it.
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=2024 \
    PLANLOOM_HOME=/data \
    LOG_FORMAT=json
WORKDIR /app
USER planloom
VOLUME /data
EXPOSE 2024
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/ok', timeout=2)"]
ENTRYPOINT ["planloom"]
CMD ["serve"]

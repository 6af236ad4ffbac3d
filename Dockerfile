# The scorer's image: `docker build -t streamer .`; `docker run streamer --help`.
# No build tools in what runs, no shell scripts, not root. Settings come from the environment (STREAMER_BROKER, STREAMER_MODEL, ...).

FROM python:3.12-slim AS wheel
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE model.yaml ./
COPY topics topics
COPY streamer streamer
RUN COMPILE_SHORT_WAY=require pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=wheel /wheels /wheels
RUN pip install --no-cache-dir /wheels/*.whl \
    && rm -r /wheels \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin streamer
# The default model; mount your own file over it.
COPY model.yaml /etc/streamer/model.yaml
ENV STREAMER_MODEL=/etc/streamer/model.yaml
WORKDIR /etc/streamer
USER 10001
ENTRYPOINT ["streamer"]
CMD ["worker"]

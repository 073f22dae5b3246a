# The service with the detector that the package carries, on CPUs. docs/deployment.md says how to run it.
#
#   docker build -t rumorscope .
#
# On x86 pip would take PyTorch with CUDA, several GB that a CPU has no use for. PyTorch publishes an index of CPU
# wheels: --build-arg PIP_EXTRA_INDEX_URL=ITS_ADDRESS takes them from there.

FROM python:3.11-slim-bookworm AS build
ARG PIP_EXTRA_INDEX_URL=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/rumorscope
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN /opt/rumorscope/bin/pip install ".[serve,openvino]"

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="rumorscope" \
      org.opencontainers.image.description="Judges social media posts, text and pictures together, with evidence" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin rumorscope
COPY --from=build /opt/rumorscope /opt/rumorscope
# Nothing is written but caches, into /tmp: the root file system can be read-only. No hub is ever asked.
ENV PATH=/opt/rumorscope/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    HF_HOME=/tmp/huggingface \
    XDG_CACHE_HOME=/tmp/cache
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["rumorscope"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--keys", "/run/secrets/rumorscope_keys"]

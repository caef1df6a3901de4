# One image for web server and worker; see compose.yaml.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/quarterdeck
COPY requirements/lock.txt requirements/lock.txt
RUN /opt/quarterdeck/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/lock.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
RUN /opt/quarterdeck/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends git openssh-client \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 quarterdeck \
 && install -d -o quarterdeck /data
COPY --from=build /opt/quarterdeck /opt/quarterdeck
ENV PATH=/opt/quarterdeck/bin:$PATH QUARTERDECK_HOME=/data PYTHONUNBUFFERED=1
USER quarterdeck
VOLUME /data
EXPOSE 8400
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8400/healthz'), timeout=4)"]
ENTRYPOINT ["quarterdeck"]
CMD ["serve", "--host", "0.0.0.0"]

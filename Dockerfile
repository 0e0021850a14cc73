# One image for web, workers, beat, flusher, mail door and migrations: docker-compose.yml says which.
FROM python:3.13-slim AS build
RUN python -m venv /venv
COPY requirements/base.txt /tmp/base.txt
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/base.txt

FROM python:3.13-slim
RUN groupadd --gid 10001 ecrm \
 && useradd --uid 10001 --gid ecrm --no-create-home --shell /usr/sbin/nologin ecrm \
 && install -d -o ecrm -g ecrm /data /data/files
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py ./
COPY ecrm ./ecrm
COPY contacts ./contacts
COPY consent ./consent
COPY campaigns ./campaigns
COPY cases ./cases
COPY analytics ./analytics
COPY templates ./templates
COPY static ./static
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=ecrm.settings \
    ECRM_NO_BOOTSTRAP=1 \
    ECRM_FILES_DIR=/data/files \
    ECRM_LOG_FORMAT=json
USER ecrm
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "20", "--respawn-failed-workers", "ecrm.wsgi:application"]

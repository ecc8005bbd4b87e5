/** A job for `.gitlab-ci.yml` that trades its id-token for a token of the project (docs/ci.md). */
export const gitlabJob = (audience: string, trackingUri: string): string => `train:
  image: python:3.11
  id_tokens:
    LOGGIA_ID_TOKEN:
      aud: ${audience}
  variables:
    MLFLOW_TRACKING_URI: ${trackingUri}
  script:
    - pip install mlflow
    - |
      MLFLOW_TRACKING_TOKEN=$(curl --fail-with-body --silent --show-error "$MLFLOW_TRACKING_URI/oauth/token" \\
        --data-urlencode grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\
        --data-urlencode subject_token_type=urn:ietf:params:oauth:token-type:id_token \\
        --data-urlencode "subject_token=$LOGGIA_ID_TOKEN" |
        python -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
      export MLFLOW_TRACKING_TOKEN
    - python train.py`;

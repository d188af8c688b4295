#!/usr/bin/env bash
# Builds everything and runs all tests. Arguments go to the test runner: ./test.sh --filter-class '*Coalescer*'
#
# RabbitMQ and Redis: RABBITMQ_URI / REDIS_URI, else Docker, else the servers installed here; HUBSPOT_TEST_SERVERS=docker|local
# forces one way, and docker-compose.yml is tested where Docker is used. On Debian and its like, as root, what is missing is
# installed: the servers, Prometheus, Node.js, pika for Python, Chromium. CHROMIUM_PATH names another browser.
# TEST_PROJECTS (a pattern, default *Tests) chooses projects under tests/; TEST_TIMEOUT bounds each of them (seconds). TEST_BUILD=no
# takes what was built before. TEST_RESULTS is where logs and reports go, default artifacts/tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

results=${TEST_RESULTS:-artifacts/tests}
mkdir -p "$results"
# Nothing that the build starts may outlive this script.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
# Services that live for seconds are not there long enough for what .NET would learn of them.
export DOTNET_TieredPGO=0

say() { printf '%s\n' "$*"; }
fail() { printf 'test.sh: %s\n' "$*" >&2; exit 1; }
bounded() { # seconds command...
  local program
  program=$(command -v timeout || command -v gtimeout) || { shift; "$@"; return; }
  "$program" --kill-after=10 "$@"
}
find_any() { local name; for name; do PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$name" >/dev/null && return; done; return 1; }

# --- the servers and the browser ------------------------------------------------------------------------------------
docker_answers() { command -v docker >/dev/null && bounded 10 docker info >/dev/null 2>&1 </dev/null; }
missing=()
case ${HUBSPOT_TEST_SERVERS:-} in
  docker) docker_answers || fail "HUBSPOT_TEST_SERVERS is 'docker', but no Docker engine answers." ;;
  local | '')
    given() { [ -z "${HUBSPOT_TEST_SERVERS:-}" ] && { [ -n "${!1:-}" ] || docker_answers; }; }
    find_any rabbitmq-server || given RABBITMQ_URI || missing+=(rabbitmq-server)
    find_any redis-server || given REDIS_URI || missing+=(redis-server) ;;
  *) fail "HUBSPOT_TEST_SERVERS is '$HUBSPOT_TEST_SERVERS'; it can be 'docker' or 'local'." ;;
esac
find_any promtool || missing+=(prometheus)
# Publishers in other languages are tried, too.
find_any node || missing+=(nodejs)
find_any npm || missing+=(npm)
python3 -c 'import pika' 2>/dev/null || /usr/bin/python3 -c 'import pika' 2>/dev/null || missing+=(python3-pika)
[ -n "${CHROMIUM_PATH:-}" ] || find_any chromium-headless-shell chromium chromium-browser google-chrome || missing+=(chromium-headless-shell)

install() (
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  "${as_root[@]}" true 2>/dev/null && command -v apt-get >/dev/null || fail "$* missing, and cannot be installed from here. \
Install what is missing, or start Docker, or set RABBITMQ_URI and REDIS_URI (for a browser: CHROMIUM_PATH)."
  policy=/usr/sbin/policy-rc.d # keeps the packages from starting their own servers
  if [ ! -e $policy ]; then
    trap '"${as_root[@]}" rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod +x $policy
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
)
if [ ${#missing[@]} != 0 ]; then
  say "Not found here, so installing: ${missing[*]}"
  install "${missing[@]}" </dev/null >"$results/install.log" 2>&1 || { cat "$results/install.log" >&2; exit 1; }
fi

# --- build ----------------------------------------------------------------------------------------------------------
if [ "${TEST_BUILD:-}" != no ]; then
  say "Building"
  dotnet build HubSpotMessaging.sln -c Release -v quiet </dev/null >"$results/build.log" 2>&1 ||
    { grep -E ' error |error\(s\)' "$results/build.log" | sort -u | head -40 >&2; fail "The build failed ($results/build.log)."; }
fi

# --- test -----------------------------------------------------------------------------------------------------------
total_passed=0 total_failed=0 total_skipped=0
rm -f "$results/failures" "$results/skipped"
launch() { # name of the run, project, filter... : writes the log, and last into it how the run ended
  local name=$1 log=$results/$1.log code=0
  bounded "${TEST_TIMEOUT:-1200}" dotnet "tests/$2/bin/Release/net10.0/$2.dll" --no-ansi --progress off --output Detailed \
    --report-xunit-xml --report-xunit-xml-filename "$name.xml" --results-directory "$results" "${@:3}" </dev/null >"$log" 2>&1 || code=$?
  printf '\nexit code: %s\n' $code >>"$log"
}
failures() { # log : what failed and why, without what the service wrote meanwhile; of each the beginning, and the lines of our own code
  awk '/^(passed|failed|skipped) / || /^Test run summary/ { show = $1 == "failed"; n = 0 } show && !/^ *\{"Timestamp"/ && (++n <= 12 || / in .*\.cs:line/)' "$1" |
    cut -c -600 | awk 'NR <= 200'
}
conclude() { # name of the run, whether it may run no test
  local name=$1 log=$results/$1.log code passed failed skipped duration
  count() { awk -v name="$1:" '/^Test run summary/ { summary = 1 } summary && $1 == name { n = $2 } END { print n + 0 }' "$log"; }
  passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped) code=$(awk '/^exit code: / { n = $3 } END { print n }' "$log")
  duration=$(awk '/^Test run summary/ { summary = 1 } summary && $1 == "duration:" { $1 = ""; text = $0 } END { print text }' "$log")
  # 8: no test ran; with a filter that is as it should be. Any other failure without a failed test is a crash or a hang.
  if [ "$code" = 8 ] && [ -n "$2" ]; then code=0; fi
  if [ "$code" != 0 ]; then
    failures "$log" | tee -a "$results/failures"
    if [ "$failed" = 0 ]; then
      failed=1
      case $code in
        8) say "$name ran no test." ;;
        124 | 137) say "$name did not end within ${TEST_TIMEOUT:-1200} seconds; the last that passed:"; grep '^passed ' "$log" | tail -n 3 ;;
        *) say "$name ended with exit code $code."; tail -n 40 "$log" ;;
      esac | tee -a "$results/failures"
    fi
  fi
  awk '/^skipped /' "$log" | tee -a "$results/skipped"
  say "$name: $passed passed, $failed failed, $skipped skipped${duration:+ in$duration}"
  total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed)) total_skipped=$((total_skipped + skipped))
}
# Without a filter the tests of the longest project are dealt out to processes that run at once, each with servers of its own, so that
# while one waits another works. A line each, of about the same length; what no line names runs in one more.
parts=(
  "Pausing.* Outages.* Waiting.* Announcements.* Contracts.* Quota.* DeliveryTests"
  "Authorization.* BadInput.* Crashes.* Enrollments.* Deployment.* SandboxTests SettingsTests"
)
run_parts() { # project
  local project=$1 part number names name=() all=()
  for number in "${!parts[@]}"; do
    read -ra names <<<"${parts[number]}"
    name=("${names[@]/#/$project.}")
    launch "$project.$((number + 1))" "$project" --filter-class "${name[@]}" &
    all+=("${name[@]}")
  done
  launch "$project.rest" "$project" --filter-not-class "${all[@]}"
  wait
  for part in $(seq ${#parts[@]}) rest; do conclude "$project.$part" ""; done
}
run() { # project, filter...
  local project=$1
  say "$project ..."
  if [ $# = 1 ] && [[ $project == *IntegrationTests ]] && [ -z "${RABBITMQ_URI:-}${REDIS_URI:-}" ]; then
    run_parts "$project"
  else
    launch "$project" "$@"
    conclude "$project" "${2:-}"
  fi
}
can_compose() { [ "${HUBSPOT_TEST_SERVERS:-}" != local ] && docker_answers && docker compose version >/dev/null 2>&1; }
docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0 # The classic builder does as well.
for file in tests/${TEST_PROJECTS:-*Tests}/*.csproj; do
  [ -e "$file" ] || fail "No test project matches tests/${TEST_PROJECTS:-*Tests}."
  project=$(basename "$file" .csproj)
  if [[ $project != *ComposeTests ]] || can_compose; then
    run "$project" "$@"
  else
    say "$project: left out, since it needs Docker with Compose."
  fi
done
[ $((total_passed + total_failed + total_skipped)) -gt 0 ] || fail "No test ran."

say
say "$total_passed passed, $total_failed failed, $total_skipped skipped" | tee "$results/summary"
[ $total_failed = 0 ]

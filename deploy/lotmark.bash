# bash completion for lotmark(1). Needs nothing but bash. tests/e2e/test_deploy_files.py compares it with `--help`.

_lotmark_options() {  # COMMAND
  case $1 in
    init) echo --actor --model ;;
    manifest | "manifest complete" | golden | approve | policy | key | journal | records) ;;
    add) echo --volume --state --actor --complete ;;
    list | verify | approvals) echo --model --volume --state --json ;;
    show) echo --model --volume --state --json --raw ;;
    activate) echo --model --volume --state --actor --reason ;;
    rollback) echo --model --volume --state --actor --to --reason ;;
    update) echo --volume --state --actor --json --service --reason --cacert --timeout --dry-run ;;
    status) echo --volume --state --json ;;
    "golden run") echo --model --volume --state --actor --json --record ;;
    "golden record") echo --json --image --tolerance --replace ;;
    history) echo --model --volume --state --json --all --at --records ;;
    quarantine) echo --model --volume --state --records --actor --reason --rollback --stop ;;
    serve)
      echo --model --volume --records --json --config --show-config --listen --allow-remote-unauthenticated --replica
      echo --keep-previous --journal-key --state
      echo --tls-cert --tls-key --workers --queue --deadline-seconds --max-connections --max-downloads --max-body-mib
      echo --max-bodies-mib --handshake-timeout-seconds --header-timeout-seconds --body-timeout-seconds
      echo --idle-timeout-seconds --write-timeout-seconds --drain-notice-seconds --drain-seconds --log-format
      echo --decode-memory-mib
      ;;
    classify) echo --model --volume --state --records --actor --json ;;
    keygen) echo --json --no-passphrase ;;
    "approve request") echo --model --volume --state --policy ;;
    "approve sign") echo --key --name --meaning --out --yes ;;
    "approve import") echo --volume --state --actor ;;
    "policy show") echo --volume --state --json --raw ;;
    "policy set" | "key revoke" | repair) echo --volume --state --actor --reason ;;
    "journal verify") echo --volume --state --json --against ;;
    "journal check-proof") echo --json --key ;;
    "journal prove" | "journal export" | "journal checkpoint" | "journal key") echo --volume --state ;;
    recover) echo --volume --state --actor --accept-restored --reason ;;
    trace) echo --volume --state --records --json ;;
    "records list" | "records events") echo --records --json --limit ;;
    *) echo --version ;;
  esac
  echo --help
}

_lotmark_subcommands() {  # COMMAND
  case $1 in
    "")
      echo init manifest golden add list show verify activate rollback update status history keygen approve approvals policy
      echo key quarantine journal recover repair serve classify trace records
      ;;
    manifest) echo complete ;;
    approve) echo request sign import ;;
    golden) echo run record ;;
    policy) echo show set ;;
    key) echo revoke ;;
    journal) echo verify prove check-proof export checkpoint key ;;
    records) echo list events ;;
  esac
}

_lotmark() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    # Words that are no subcommand of what stands before them are options, their values, or positionals.
    [[ " $(_lotmark_subcommands "$command" | tr '\n' ' ') " == *" $word "* ]] && command+=${command:+ }$word
  done

  COMPREPLY=()
  case $previous in
    --volume | --state)
      mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames 2>/dev/null; return ;;
    --actor | --meaning | --model | --name | --reason | --records | --to | --limit | --tolerance | --at | --service | --timeout) return ;;
    --log-format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current"); return ;;
    --config | --key | --out | --tls-cert | --tls-key | --image | --cacert | --policy | --against | --journal-key)
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null; return ;;
    --listen | --replica | --workers | --queue | --max-* | --*-seconds | --decode-memory-mib) return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_lotmark_options "$command")" -- "$current")
    return
  fi
  case $command in
    "" | manifest | golden | approve | policy | key | journal | records)
      mapfile -t COMPREPLY < <(compgen -W "$(_lotmark_subcommands "$command")" -- "$current") ;;
    init | "journal export") mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames 2>/dev/null ;;
    add | classify | update | "manifest complete" | "golden record" | "approve sign" | "approve import" | "policy set" | \
      "journal check-proof")
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null ;;
  esac
}

complete -F _lotmark lotmark

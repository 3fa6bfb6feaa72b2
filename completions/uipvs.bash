# Completion of uipvs, uipvsadm and ipvsadm for bash.
#
# Install it under the names of the commands in /usr/share/bash-completion/completions, or source it.

# Commands of ipvsadm, and the options each takes; of alternatives only one can be given.
_uipvsadm_commands='-A --add-service -E --edit-service -D --delete-service -C --clear -R --restore
  -S --save -a --add-server -e --edit-server -d --delete-server -L -l --list -Z --zero --set
  --start-daemon --stop-daemon -h --help -v --version'
_uipvsadm_service='-t|--tcp-service|-u|--udp-service|--sctp-service|-f|--fwmark-service -6|--ipv6'

_uipvsadm_options() {
  case $1 in
    -[AE]* | --add-service | --edit-service)
      echo "$_uipvsadm_service -s|--scheduler -p|--persistent -M|--netmask -o|--ops --pe" \
        "-b|--sched-flags --dry-run"
      ;;
    -[ae]* | --add-server | --edit-server)
      echo "$_uipvsadm_service -r|--real-server -g|--gatewaying|-i|--ipip|-m|--masquerading" \
        "-w|--weight -x|--u-threshold -y|--l-threshold --tun-type --tun-port" \
        "--tun-nocsum|--tun-csum|--tun-remcsum --dry-run"
      ;;
    -d* | --delete-server) echo "$_uipvsadm_service -r|--real-server --dry-run" ;;
    -D* | --delete-service | -Z* | --zero) echo "$_uipvsadm_service --dry-run" ;;
    -[CR]* | --clear | --restore | --set) echo --dry-run ;;
    -S* | --save) echo '-n|--numeric' ;;
    -[Ll]* | --list)
      echo "-c|--connection|--timeout|--daemon|${_uipvsadm_service} -n|--numeric -X|--exact" \
        "--stats --rate --thresholds --persistent-conn --tun-info --nosort --sort --syncid --json"
      ;;
    --start-daemon*)
      echo "--syncid --mcast-interface --mcast-group --mcast-port --mcast-ttl --sync-maxlen --dry-run"
      ;;
    --stop-daemon*) echo "--syncid --dry-run" ;;
  esac
}

# Prints the options of the command that can still be given.
_uipvsadm_remaining() {
  local group
  for group in $(_uipvsadm_options "$1"); do
    [[ " ${*:2} " =~ \ (${group})[=\ ] ]] || echo "${group//|/ }"
  done
}

# Prints what stands behind one of the options in the words given, the last one counting.
_uipvsadm_value() {
  local option=$1 word value= next=
  shift
  for word; do
    [[ $next ]] && value=$word
    next=
    [[ $word =~ ^($option)$ ]] && next=yes
    [[ $word =~ ^($option)=(.*)$ ]] && value=${BASH_REMATCH[2]}
  done
  echo "$value"
}

# Prints the services of a kind, given by its option, that the director has.
_uipvsadm_services() {
  local word kind service _
  case $1 in
    -t | --tcp-service) word=-t ;;
    -u | --udp-service) word=-u ;;
    -f | --fwmark-service) word=-f ;;
    *) word=--sctp-service ;;
  esac
  "${program[@]}" -S -n 2>/dev/null | while read -r _ kind service _; do
    [[ $_ && $kind == "$word" ]] && echo "$service"
  done | sort -u
}

# Prints the real servers of the service named in the words, or with -a, those of the others.
_uipvsadm_servers() {
  local wanted verb line service server
  wanted=$(_uipvsadm_value '-[ae]?t|-[ae]?u|-[ae]?f|--(tcp|udp|sctp|fwmark)-service' "$@")
  verb=${1#-}
  "${program[@]}" -S -n 2>/dev/null | while read -r line; do
    [[ $line =~ ^-a\ [^\ ]+\ ([^\ ]+)\ .*-r\ ([^\ ]+) ]] || continue
    service=${BASH_REMATCH[1]} server=${BASH_REMATCH[2]}
    if [[ $verb == a* || $verb == -add-server ]]; then
      [[ $service != "$wanted" ]] && echo "$server"
    else
      [[ -z $wanted || $service == "$wanted" ]] && echo "$server"
    fi
  done | sort -u
}

# Prints the scheduler flags that can follow those written so far, for the scheduler in the words.
_uipvsadm_flags() {
  local scheduler flags='flag-1 flag-2 flag-3' flag written=
  scheduler=$(_uipvsadm_value '-s|--scheduler' "${@:2}")
  case $scheduler in
    sh | mh) flags="$scheduler-fallback $scheduler-port $flags" ;;
  esac
  [[ $1 == *,* ]] && written=${1%,*},
  for flag in $flags; do
    [[ ,$written == *,"$flag",* ]] || echo "$written$flag"
  done
}

# Completes the last of the words of an ipvsadm; "program" is how to call it.
_uipvsadm_complete() {
  local program=("${program[@]}") cur=${*: -1} option= candidates=
  local -a before=("${@:1:$#-1}")
  if ((${#before[@]} == 0)); then
    candidates=$_uipvsadm_commands
  else
    option=${before[-1]}
    # A bundle ends in the option whose value follows.
    [[ $option == -[!-]* ]] && option=-${option: -1}
    [[ $cur == --*=* ]] && option=${cur%%=*} cur=${cur#*=}
    case $option in
      -t | -u | -f | --tcp-service | --udp-service | --sctp-service | --fwmark-service)
        [[ ${before[0]} == -A* || ${before[0]} == --add-service ]] ||
          candidates=$(_uipvsadm_services "$option")
        ;;
      -r | --real-server) candidates=$(_uipvsadm_servers "${before[@]}") ;;
      -s | --scheduler) candidates='rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos none' ;;
      -b | --sched-flags) candidates=$(_uipvsadm_flags "$cur" "${before[@]}") ;;
      --backend) candidates='director kernel' ;;
      --pe) candidates=sip ;;
      --tun-type) candidates='ipip gue gre' ;;
      --start-daemon | --stop-daemon) candidates='master backup' ;;
      --mcast-interface) candidates=$(cd /sys/class/net 2>/dev/null && echo *) ;;
      -M | -w | -x | -y | --netmask | --weight | --u-threshold | --l-threshold | --tun-port) ;;
      --syncid | --mcast-group | --mcast-port | --mcast-ttl | --sync-maxlen) ;;
      *) candidates=$(_uipvsadm_remaining "${before[@]}") ;;
    esac
  fi
  _uipvs_reply "$cur" "$candidates"
}

# Variables of a director, and files of /proc/net.
_uipvs_variables='am_droprate amemthresh backup_only cache_bypass conn_reuse_mode conntrack drop_entry drop_packet
  expire_nodest_conn expire_quiescent_template ignore_tunneled lblc_expiration lblcr_expiration
  nat_icmp_send pmtu_disc run_estimation schedule_icmp secure_tcp sloppy_sctp sloppy_tcp
  snat_reroute sync_persist_mode sync_ports sync_qlen_max sync_refresh_period sync_retries
  sync_sock_size sync_threshold sync_version'
_uipvs_status_files='ip_vs ip_vs_app ip_vs_conn ip_vs_conn_sync ip_vs_stats ip_vs_stats_percpu'

# Offers variables with the prefix, if that is written, and the sign that sets them where all are set.
_uipvs_settings() {
  local prefix= name candidates=
  [[ $1 == net.ipv4.vs.* ]] && prefix=net.ipv4.vs.
  [[ $1 == *=* ]] && return
  for name in $_uipvs_variables; do
    candidates+=" $prefix$name$2"
  done
  [[ $2 ]] && compopt -o nospace 2>/dev/null
  _uipvs_reply "$1" "$candidates"
}

# Offers those of the words that begin with $1, less what readline keeps of it.
_uipvs_reply() {
  local word kept=
  [[ $COMP_WORDBREAKS == *:* && $1 == *:* ]] && kept=${1%:*}:
  COMPREPLY=()
  # No globs: an address may be in brackets.
  local IFS=$' \n'
  set -f
  for word in $2; do
    [[ $word == "$1"* ]] && COMPREPLY+=("${word#"$kept"}")
  done
  set +f
}

_uipvs_files() {
  local IFS=$'\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$1"))
}

# Whether a word before the last is the directory of procfs: neither an option nor the value of one.
_uipvs_has_directory() {
  local index
  for ((index = 2; index < ${#words[@]} - 1; index++)); do
    case ${words[index]} in
      --watch | --hz | --socket) ((index++)) ;;
      -*) ;;
      *) return 0 ;;
    esac
  done
  return 1
}

# Sets "words" to those of the line up to the cursor: unlike COMP_WORDS, not cut at colons.
_uipvs_split() {
  local line=${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
}

# Completes what follows one of the commands of uipvs lab.
_uipvs_lab() {
  local candidates=
  case $2 in
    --lang) candidates='en zh' ;;
    start) candidates=$("${words[0]/#\~/$HOME}" lab list --names 2>/dev/null) ;;
    lint | new) _uipvs_files "$1" && return ;;
  esac
  if [[ $1 == -* ]]; then
    case ${words[2]} in
      list) candidates='--json --names --lang -h --help' ;;
      check) candidates='--json --lang -h --help' ;;
      lint) candidates='--json -h --help' ;;
      start) candidates='--web --simulated --lang -h --help' ;;
      text | hint | reset | stop) candidates='--lang -h --help' ;;
      *) candidates='-h --help' ;;
    esac
  fi
  _uipvs_reply "$1" "$candidates"
}

_uipvsadm() {
  local -a words program
  _uipvs_split
  program=("${words[0]/#\~/$HOME}")
  _uipvsadm_complete "${words[@]:1}"
}

_uipvs() {
  local -a words program
  _uipvs_split
  local cur=${words[-1]} option=${words[-2]} candidates= commands
  commands='up down status top web sysctl procfs ipvsadm shell import lint diff apply explain trace pcap test replay bench parity lab demo help'
  if ((${#words[@]} == 2)); then
    _uipvs_reply "$cur" "$commands -h --help -V --version"
    return
  fi
  if [[ ${words[1]} == ipvsadm ]]; then
    program=("${words[0]/#\~/$HOME}" ipvsadm)
    _uipvsadm_complete "${words[@]:2}"
    return
  fi
  if [[ ${words[1]} == lab && ${#words[@]} -gt 3 ]]; then
    _uipvs_lab "$cur" "$option"
    return
  fi
  [[ $cur == --*=* ]] && option=${cur%%=*} cur=${cur#*=}
  # Of this command it is an option without a value.
  [[ ${words[1]} == test && $option == --watch ]] && option=
  [[ ${words[1]} == top && $option == -c ]] && option=
  case $option in
    --backend) _uipvs_reply "$cur" 'director kernel' ;;
    --sort) _uipvs_reply "$cur" 'table rate connections traffic weight' ;;
    --device) _uipvs_reply "$cur" 'auto ring tun raw cap memory' ;;
    --profile) _uipvs_reply "$cur" '6.1.192 6.1.176' ;;
    --socket | --rules | --in | --out | --decisions | --pcap | --junit | --keep | --web-token-file) _uipvs_files "$cur" ;;
    --kernel)
      if [[ $cur == */* ]]; then _uipvs_files "$cur"; else _uipvs_reply "$cur" 'host uml qemu'; fi
      ;;
    --sysctl) _uipvs_settings "$cur" = ;;
    --flags) _uipvs_reply "$cur" 'SYN ACK FIN,ACK PSH,ACK RST' ;;
    --to) _uipvs_reply "$cur" 'rules json scenario lab' ;;
    --fail-on) _uipvs_reply "$cur" 'error warning note never' ;;
    -c | --command | --interval | --watch | --hz | --max-sleep | --fuzz | --seed | -i | --config-id) ;;
    -f | --fwmark | --payload | --ttl | --client | --service | --server | --limit | --count) ;;
    *)
      if [[ ${words[1]} == explain && $cur != -* ]]; then
        _uipvs_reply "$cur" 'tcp udp sctp'
        return
      fi
      if [[ ${words[1]} == sysctl && $cur != -* ]]; then
        _uipvs_settings "$cur"
        return
      fi
      if [[ ${words[1]} == procfs && $cur != -* ]]; then
        if _uipvs_has_directory; then
          _uipvs_reply "$cur" "$_uipvs_status_files"
        else
          _uipvs_files "$cur"
        fi
        return
      fi
      case ${words[1]} in
        up) candidates='-d --detach --rules --sysctl --device --hold --profile --pcap --web --web-token-file -v --verbose --socket' ;;
        down) candidates='--socket' ;;
        status) candidates='--json --socket' ;;
        top) candidates='-c --connections --sort --interval --once --json --backend --socket' ;;
        web) candidates='--lab --web-token-file --socket' ;;
        sysctl) candidates='-n --values -w --write --json --socket' ;;
        procfs) candidates='--watch --hz --socket' ;;
        shell) candidates='-c --command --socket' ;;
        import) candidates='--to --json -q --quiet -i --config-id' ;;
        lint) candidates='--json --fail-on -i --config-id' ;;
        diff) candidates='--json --backend --socket' ;;
        apply) candidates='--prune --dry-run --backend --socket' ;;
        explain)
          candidates='--rules --profile -f --fwmark --flags --payload --ttl --may-fragment --json --socket'
          ;;
        trace) candidates='--client --service --server --limit --count -v --verbose --json --socket' ;;
        pcap) candidates='--stop --socket' ;;
        test) candidates='--profile --seed --update --watch --tap --json --junit' ;;
        replay) candidates='--rules --in --out --decisions --profile' ;;
        bench)
          candidates='--rules --service --capture --decisions --compare --connections --seed --repeat --set --sweep --threads --shard --baseline'
          candidates+=' --tolerance --no-timing --list --json --csv --lines --html'
          ;;
        parity) candidates='--kernel --max-sleep --fuzz --seed --keep --json' ;;
        lab) [[ $cur == -* ]] || candidates='list start text enter check hint reset stop lint new' ;;
        demo) candidates='--keep --simulate' ;;
        help) candidates=$commands ;;
      esac
      [[ ($candidates || ${words[1]} == lab) && ${words[1]} != help ]] && candidates+=' -h --help'
      _uipvs_reply "$cur" "$candidates"
      [[ ${words[1]} =~ ^(shell|import|lint|diff|apply|pcap|test|parity)$ && $cur != -* ]] && _uipvs_files "$cur"
      ;;
  esac
}

complete -F _uipvs uipvs
complete -F _uipvsadm uipvsadm ipvsadm

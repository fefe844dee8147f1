# Keeps a PostgreSQL cluster for a test process: $1 is where its programs are, $2 the folder of the cluster.
# Takes an order a line and says "done" or "failed" to each. When nobody can give orders any more, however that process
# ended, the cluster is stopped and its folder removed.
bin=$1
folder=$2
settings="-k $folder -c listen_addresses= -c max_connections=800 -c shared_buffers=64MB -c fsync=off \
    -c full_page_writes=off -c autovacuum_naptime=5s -c log_min_messages=fatal -c log_min_error_statement=panic"
trap '' INT HUP TERM

obey() {
    case $1 in
    init) "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --no-sync \
        --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US ;;
    start) "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -o "$settings $2 $3" start ;;
    stop) "$bin/pg_ctl" -D "$folder/data" -m fast -w stop ;;
    crash) "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop ;;
    create) "$bin/createdb" -h "$folder" -U postgres -T "$3" "$2" ;;
    drop) "$bin/dropdb" -h "$folder" -U postgres --force "$2" ;;
    esac
}

while read -r order one two; do
    if obey "$order" "$one" "$two" >>"$folder/orders" 2>&1 </dev/null; then echo done; else echo failed; fi
done
"$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$folder"

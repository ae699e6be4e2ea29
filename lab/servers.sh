# shellcheck shell=bash
# What the real servers serve, by real programs: nginx on port 80 and named on port 53.
#
#   http://…/        the server's name             http://…/large   8 MiB, the same on every server
#   who.lab.test     TXT the name, A and AAAA      http://…/slow    the same, in 12 seconds
#                    the addresses

prepare_content() {
    mkdir -p "$LAB_STATE/www"
    head -c 8M /dev/urandom >"$LAB_STATE/www/large"
    ln -s large "$LAB_STATE/www/slow"
}

# start_server NUMBER: both programs run as daemons with all their files in one private folder.
start_server() {
    local name=rs$1 home=$LAB_STATE/rs$1
    mkdir -p "$home"
    write_nginx_configuration "$name" >"$home/nginx.conf"
    inside "$name" nginx -e "$home/nginx.log" -p "$home" -c "$home/nginx.conf"
    [[ $2 == no ]] && return
    write_zone "$1" >"$home/lab.test.zone"
    write_named_configuration "$home" >"$home/named.conf"
    inside "$name" "${unconfined[@]}" named -n 1 -c "$home/named.conf" -L "$home/named.log"
}

write_nginx_configuration() {
    cat <<END
# One worker is plenty; it stays root because the folder is root's.
user root;
worker_processes 1;
pid nginx.pid;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_timeout 600;
    types { }
    default_type text/plain;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
    uwsgi_temp_path tmp; scgi_temp_path tmp;
    server {
        listen 80 backlog=4096;
        listen [::]:80 backlog=4096;
        root $LAB_STATE/www;
        location = / { return 200 "$1\n"; }
        location = /slow { limit_rate 700k; }
    }
}
END
}

write_named_configuration() {
    cat <<END
options {
    directory "$1";
    pid-file "$1/named.pid";
    session-keyfile none;
    listen-on-v6 { any; };
    recursion no;
    notify no;
    dnssec-validation no;
    max-cache-size 2m;
    // The virtual address comes and goes while named runs.
    automatic-interface-scan yes;
};
controls { };
zone "lab.test" { type primary; file "$1/lab.test.zone"; };
END
}

write_zone() {
    cat <<END
\$TTL 0
@   SOA ns hostmaster 1 3600 600 86400 0
@   NS  ns
ns  A   $(server_address "$1" ipv4)
who A   $(server_address "$1" ipv4)
who AAAA $(server_address "$1" ipv6)
who TXT "rs$1"
END
}

# Debian's AppArmor profile lets named read its usual folders only.
unconfined=()
if command -v aa-enabled >/dev/null && aa-enabled --quiet; then unconfined=(aa-exec -p unconfined --); fi

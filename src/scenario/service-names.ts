/**
 * The service names an emulated host knows, in the form of services(5).
 *
 * A scenario must print the same wherever it runs, so what the machine below knows does not count.
 *
 * Source: IANA Service Name and Transport Protocol Port Number Registry.
 *
 * @module
 */
export const SERVICE_NAMES = `
echo 7/tcp
echo 7/udp
discard 9/tcp
discard 9/udp
daytime 13/tcp
ftp-data 20/tcp
ftp 21/tcp
ssh 22/tcp
telnet 23/tcp
smtp 25/tcp mail
time 37/tcp
domain 53/tcp
domain 53/udp
tftp 69/udp
http 80/tcp www
kerberos 88/tcp
kerberos 88/udp
pop3 110/tcp
ntp 123/udp
imap2 143/tcp imap
snmp 161/tcp
snmp 161/udp
ldap 389/tcp
ldap 389/udp
https 443/tcp
https 443/udp
syslog 514/udp
submission 587/tcp
ldaps 636/tcp
domain-s 853/tcp
imaps 993/tcp
pop3s 995/tcp
openvpn 1194/udp
ms-sql-s 1433/tcp
radius 1812/udp
nfs 2049/tcp
nfs 2049/udp
mysql 3306/tcp
sip 5060/tcp
sip 5060/udp
sip-tls 5061/tcp
postgresql 5432/tcp
amqps 5671/tcp
amqp 5672/tcp
redis 6379/tcp
http-alt 8080/tcp
`;

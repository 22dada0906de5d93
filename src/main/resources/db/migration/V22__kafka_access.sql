-- What a user of a Kafka cluster logs in with instead of its password: a certificate and its sealed key, both PEM.
alter table cluster_user
    add column access_cert text,
    add column access_key text,
    add column renews_access boolean not null default false;

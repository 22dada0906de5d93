-- What a user of a Kafka cluster may do with which topics: a JSON array of {id, topic, permission}; null when nobody ever said.
alter table cluster_user
    add column acl text;

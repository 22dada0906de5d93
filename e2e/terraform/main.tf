terraform {
  required_providers {
    digitalocean = { source = "digitalocean/digitalocean" }
  }
}

provider "digitalocean" {}

variable "name" {}

variable "nodes" {
  default = 1
}

variable "sources" {
  type    = list(string)
  default = ["127.0.0.1"]
}

resource "digitalocean_database_cluster" "shop" {
  name       = var.name
  engine     = "pg"
  version    = "16"
  size       = "db-s-1vcpu-1gb"
  region     = "nyc1"
  node_count = var.nodes
  tags       = ["e2e"]

  maintenance_window {
    day  = "sunday"
    hour = "02:00:00"
  }
}

resource "digitalocean_database_db" "orders" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "orders"
}

resource "digitalocean_database_user" "ann" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "ann"
}

resource "digitalocean_database_connection_pool" "web" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "web"
  mode       = "transaction"
  size       = 5
  db_name    = digitalocean_database_db.orders.name
  user       = digitalocean_database_user.ann.name
}

resource "digitalocean_database_replica" "reports" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "reports"
  size       = "db-s-1vcpu-1gb"
  region     = "nyc1"
}

resource "digitalocean_database_firewall" "shop" {
  cluster_id = digitalocean_database_cluster.shop.id

  dynamic "rule" {
    for_each = var.sources
    content {
      type  = "ip_addr"
      value = rule.value
    }
  }
}

data "digitalocean_database_cluster" "same" {
  name = digitalocean_database_cluster.shop.name
}

output "id" {
  value = digitalocean_database_cluster.shop.id
}

output "uri" {
  value     = digitalocean_database_cluster.shop.uri
  sensitive = true
}

output "pool" {
  value     = digitalocean_database_connection_pool.web.uri
  sensitive = true
}

output "replica" {
  value     = digitalocean_database_replica.reports.uri
  sensitive = true
}

output "nodes" {
  value = data.digitalocean_database_cluster.same.node_count
}

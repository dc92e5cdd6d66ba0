# An AMI with Docker and the agent: `packer init`, then
#
#   deploy/agent/build.sh
#   packer build -var package=dist/mlmon-agent_0.1.0_amd64.deb -var region=eu-central-1 deploy/packer
#
# The image holds no token and no server: user data brings them (deploy/agent/cloud-init.yaml).
# Its instances require IMDSv2, but AWS gives them a hop limit of 2: set it to 1 in the launch
# template, so that containers do not reach the metadata service (docs/containers.md).

packer {
  required_version = ">= 1.9"
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "~> 1.3"
    }
  }
}

variable "package" {
  type        = string
  description = "Path of the .deb; build it on Debian 12, for its Python is that of the image."
}

variable "region" {
  type        = string
  description = "Where the image is built and kept."
}

variable "instance_type" {
  type        = string
  description = "Of the machine that builds; of the architecture of the package."
  default     = "t3.small"
}

variable "name_prefix" {
  type    = string
  default = "mlmon-agent"
}

locals {
  stamp = formatdate("YYYYMMDD-hhmmss", timestamp())
}

source "amazon-ebs" "debian" {
  region        = var.region
  instance_type = var.instance_type
  ami_name      = "${var.name_prefix}-${local.stamp}"
  ssh_username  = "admin"
  encrypt_boot  = true
  imds_support  = "v2.0"

  source_ami_filter {
    owners      = ["136693071363"] # Debian
    most_recent = true
    filters = {
      name                = "debian-12-amd64-*"
      virtualization-type = "hvm"
      root-device-type    = "ebs"
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_size           = 20
    volume_type           = "gp3"
    delete_on_termination = true
  }

  tags = {
    Name    = "${var.name_prefix}-${local.stamp}"
    Service = "mlmon-agent"
  }
}

build {
  sources = ["source.amazon-ebs.debian"]

  provisioner "file" {
    source      = var.package
    destination = "/tmp/mlmon-agent.deb"
  }

  provisioner "shell" {
    execute_command = "sudo sh -eu '{{ .Path }}'"
    inline = [
      "cloud-init status --wait",
      "export DEBIAN_FRONTEND=noninteractive",
      "apt-get update -qq",
      "apt-get install -y -qq docker.io /tmp/mlmon-agent.deb",
      "systemctl enable docker.service mlmon-agent.service",
      "mlmon-agent --version",
      "rm /tmp/mlmon-agent.deb",
      "apt-get clean",
      # The next boot is a new host.
      "cloud-init clean --logs",
      "truncate -s 0 /etc/machine-id",
    ]
  }
}

package dev.mooring.dataplane;

import java.util.UUID;

/** A cluster's servers show a new certificate, because the one before has come to two thirds of its life. */
public record CertificateRenewed(UUID cluster) {}

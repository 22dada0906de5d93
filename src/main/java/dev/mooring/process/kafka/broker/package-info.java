/** What runs inside of a broker. It is a jar of its own beside the broker's, and knows nothing of Mooring. */
@NullMarked
package dev.mooring.process.kafka.broker;

import org.jspecify.annotations.NullMarked;

/** Topics of clusters whose engine has some. */
@NullMarked
package dev.mooring.database.topic;

import org.jspecify.annotations.NullMarked;

/** Topics of clusters whose engine has some. */
package dev.mooring.database.topic;
